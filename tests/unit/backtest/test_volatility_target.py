"""The volatility that a run with a target has is the one that was asked, in position and where the size is below 1."""

from __future__ import annotations

import numpy as np
import pytest

from candlecloud.features.bars import Bars, bars_from_table
from tests.golden.bars import bars_of, with_gaps
from tests.support.realised_volatility import ASKED, realised, table_of
from tests.support.recorded import btc_hours


def clustered(seed: int, n: int) -> Bars:
    """Hours of about 60 % a year whose variance comes in clusters (a GARCH(1, 1)), closes in cents."""
    rng = np.random.default_rng(seed)
    usual = 0.36 / 8_760
    shocks, variance, logs = rng.standard_t(6, n) * (4 / 6) ** 0.5, usual, np.empty(n)
    for t in range(n):
        logs[t] = shocks[t] * variance**0.5
        variance = usual * 0.01 + 0.06 * logs[t] ** 2 + 0.93 * variance
    closes = np.round(20_000.0 * np.exp(np.cumsum(logs)), 2)
    opens = np.concatenate(([20_000.0], closes[:-1]))
    return bars_of(opens.tolist(), closes.tolist())


def test_real_hours_have_the_volatility_that_was_asked() -> None:
    found = list(table_of(bars_from_table(btc_hours())))
    off = [one for one in found if one.bars >= 1_000 and not 0.9 <= one.ratio <= 1.1]
    assert not off
    assert sum(one.bars >= 1_000 for one in found) >= 24


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("gaps", [False, True])
def test_clusters_of_volatility_have_it_too(asked: float, gaps: bool) -> None:
    bars = clustered(5, 30_000)
    if gaps:
        bars = with_gaps(bars, np.random.default_rng(6))
    factor = (np.diff(bars.close_time).mean() / 3_600_000) ** 0.5  # with gaps a year has fewer of these bars
    assert 0.9 <= realised(bars, "buy_and_hold", 168, asked / factor).ratio <= 1.1


def test_a_size_at_the_entry_alone_misses_it() -> None:
    """So the model has a band of its own; without one a holding keeps the size of its first day."""
    bars = bars_from_table(btc_hours())
    assert not 0.9 <= realised(bars, "buy_and_hold", 168, 0.3, band=0.0).ratio <= 1.1
