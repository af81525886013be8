"""The same candles asked for by ccxt's own `paginate` and by our pager."""

from __future__ import annotations

import pytest

from benchmarks.pagination import MINUTES, TASKS, WAYS, Task, measure
from infra.local.replay import ReplayExchange
from tests.evidence.pagination import ours


def test_thirty_days_of_minutes_are_whole_with_ours_and_not_with_paginate(market: ReplayExchange) -> None:
    way = "ccxt paginate, since"
    theirs = measure(market, MINUTES, way, WAYS[way])
    outcome = ours(market, MINUTES)
    assert (theirs.got, outcome.got, MINUTES.wanted) == (10_000, 43_200, 43_200)
    assert outcome.requests <= 43_200 / 999 + 6


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.venue)
def test_ours_brings_all_or_says_what_cannot_be_had(market: ReplayExchange, task: Task) -> None:
    outcome = ours(market, task)
    assert outcome.refusal.startswith("complete")
    missing = task.wanted - outcome.got
    assert missing == (0 if task.venue != "kraken" else 1_489)
    assert (f"{missing:,} beyond_history_cap" in outcome.refusal) is bool(missing)
