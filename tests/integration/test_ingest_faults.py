"""Each fault of the replay exchange during an ingestion: survived, and nothing wrong stored."""

from __future__ import annotations

import pytest

from infra.local.replay import FAULT_NAMES, ReplayExchange
from tests.evidence.faults import Scenario, is_survived, play, scenarios


def test_every_fault_is_played() -> None:
    assert {scenario.fault for scenario in scenarios()} == set(FAULT_NAMES)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda s: f"{s.fault}-{s.when}".replace(" ", "_"))
def test_a_fault_is_survived(scenario: Scenario, market: ReplayExchange) -> None:
    outcome = play(market, scenario)
    assert is_survived(outcome), outcome.line()
    never_seen = scenario.fault == "unclosed_last" and not scenario.options
    assert outcome.struck > 0 or never_seen, "the running candle is never asked for; all else must have struck"
    passing = scenario.when in ("3 times", "once, 30 candles") and scenario.fault != "ban_418"
    if passing or scenario.fault in ("reversed_page", "future_candle", "unclosed_last"):
        assert outcome.stored == outcome.wanted, outcome.line()
        assert outcome.happened.startswith("complete")
