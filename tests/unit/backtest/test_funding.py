"""Funding: which bar pays which settlement."""

from __future__ import annotations

import numpy as np

from candlecloud.backtest.funding import funding_by_bar

HOUR = 3_600_000


def test_a_settlement_at_an_open_is_paid_by_the_bar_before() -> None:
    opens = np.arange(7, 11, dtype=np.int64) * HOUR
    due = funding_by_bar(opens, [8 * HOUR, 8 * HOUR + 1, 11 * HOUR], [0.01, 0.02, 0.04])
    assert due.tolist() == [0.01, 0.02, 0.0, 0.04]


def test_a_settlement_in_a_gap_is_paid_by_the_bar_before_the_gap() -> None:
    opens = np.array([0, 1, 9], np.int64) * HOUR
    assert funding_by_bar(opens, [8 * HOUR, 9 * HOUR], [0.01, 0.02]).tolist() == [0.0, 0.03, 0.0]


def test_a_settlement_before_the_first_bar_is_nobodys() -> None:
    opens = np.array([8, 9], np.int64) * HOUR
    assert funding_by_bar(opens, [0, 8 * HOUR], [0.01, 0.02]).tolist() == [0.0, 0.0]


def test_no_settlements() -> None:
    assert funding_by_bar(np.array([0, 1], np.int64), [], []).tolist() == [0.0, 0.0]
