"""Kill -9 of an ingesting process at random moments: nothing lost, doubled or torn, and the index true."""

from __future__ import annotations

import pytest

from tests.evidence.kill import play


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_a_killed_ingestion_is_resumed(kills: int) -> None:
    rounds = play(kills, seed=kills)
    assert sum(outcome.struck_work for outcome in rounds) == kills
    for number, outcome in enumerate(rounds, 1):
        assert outcome.is_clean, outcome.line(number)
