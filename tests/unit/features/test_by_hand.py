"""Features worked out by hand on a few bars, those above all that TA-Lib does not have."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, nan, sqrt
from statistics import stdev

import numpy as np
import pytest

from candlecloud.errors import CorruptObjectError
from candlecloud.features.bars import Bars, prefix_sums, to_ticks
from candlecloud.features.compute import compute_feature
from candlecloud.features.families import FEATURES
from candlecloud.parameters import Number
from tests.support.drawn_bars import DAY_MS, QUARTER_MS

QUARTERS_PER_YEAR = 35_040  # 365 days of 96


def bars_of_rows(*rows: Sequence[float], start: int = 0) -> Bars:
    """Bars of a quarter of an hour from (open, high, low, close, volume); prices have two decimals."""
    columns = [np.array(column, float) for column in zip(*rows, strict=True)]
    times = start + np.arange(len(rows), dtype=np.int64) * QUARTER_MS
    return Bars(times, times + QUARTER_MS, *columns, 2, prefix_sums(to_ticks(columns[3], 2)))


def bars_of_closes(*closes: float) -> Bars:
    return bars_of_rows(*((c, c, c, c, 1.0) for c in closes))


def values(bars: Bars, name: str, output: str | None = None, **parameters: Number) -> list[float]:
    return compute_feature(bars, FEATURES[name], parameters)[output or name].tolist()


def test_moving_averages() -> None:
    bars = bars_of_closes(1, 2, 3, 4, 10)
    assert values(bars, "sma", window=2)[1:] == [1.5, 2.5, 3.5, 7.0]
    assert values(bars, "ema", window=3)[2:] == [2.0, 3.0, 6.5]  # mean of 1, 2, 3; then half of the way to 4 and to 10
    assert values(bars, "wma", window=3)[2:] == [14 / 6, 20 / 6, 41 / 6]  # 1*1 + 2*2 + 3*3 = 14, 2 + 6 + 12, 3 + 8 + 30


def test_rsi() -> None:
    bars = bars_of_closes(10, 11, 10.5, 12)  # changes 1, -0.5, 1.5
    got = values(bars, "rsi", window=2)
    assert got[2] == pytest.approx(100 * 0.5 / 0.75, rel=1e-15)  # G = (1 + 0) / 2, L = (0 + 0.5) / 2
    assert got[3] == pytest.approx(100 * 1.0 / 1.125, rel=1e-15)  # G = (0.5 + 1.5) / 2, L = 0.25 / 2


def test_macd_begins_both_averages_at_the_slow_ones_first_bar() -> None:
    bars = bars_of_closes(1, 2, 4, 8, 16)
    # At bar 2: fast = (2 + 4) / 2 = 3, slow = 7 / 3. Bar 3: fast = 3 + 2/3 * 5 = 19/3, slow = 7/3 + 1/2 * 17/3 = 31/6.
    got = compute_feature(bars, FEATURES["macd"], {"fast": 2, "slow": 3, "signal": 2})
    lines = [3 - 7 / 3, 19 / 3 - 31 / 6]
    assert np.isnan(got["macd"][:3]).all()
    assert got["macd"][3] == pytest.approx(lines[1], rel=1e-14)
    assert got["signal"][3] == pytest.approx(sum(lines) / 2, rel=1e-14)
    assert got["histogram"][3] == got["macd"][3] - got["signal"][3]


def test_stochastic_and_donchian_hold_the_current_bar() -> None:
    bars = bars_of_rows((5, 6, 4, 5, 1), (5, 9, 5, 8, 1), (8, 12, 7, 11, 1))
    assert values(bars, "donchian", "upper", window=2)[1:] == [9.0, 12.0]
    assert values(bars, "donchian", "lower", window=2)[1:] == [4.0, 5.0]
    assert values(bars, "donchian", "middle", window=2)[1:] == [6.5, 8.5]
    raw = values(bars, "stochastic", "k", window=2, smooth=1, signal=1)
    assert raw[1:] == [100 * 4 / 5, 100 * 6 / 7]
    assert values(bars, "stochastic", "d", window=2, smooth=1, signal=2)[2] == (raw[1] + raw[2]) / 2


def test_bollinger_and_zscore() -> None:
    bars = bars_of_closes(1, 2, 3)  # mean 2, population variance 2/3
    assert values(bars, "bollinger", "middle", window=3)[2] == 2.0
    assert values(bars, "bollinger", "upper", window=3, width=1.5)[2] == pytest.approx(2 + 1.5 * sqrt(2 / 3), rel=1e-15)
    assert values(bars, "bollinger", "lower", window=3, width=1.5)[2] == pytest.approx(2 - 1.5 * sqrt(2 / 3), rel=1e-15)
    assert values(bars, "zscore", window=3)[2] == pytest.approx(sqrt(1.5), rel=1e-15)


def test_zscore_of_one_tick_on_a_large_price() -> None:
    """The mean of three is a third of a tick below; the float form, mean of squares less square of mean, says 0/0."""
    bars = bars_of_closes(90_000_000_000.0, 90_000_000_000.0, 90_000_000_000.01)
    assert values(bars, "zscore", window=3)[2] == pytest.approx(sqrt(2), rel=1e-15)


def test_atr_takes_the_close_before_into_the_range() -> None:
    bars = bars_of_rows((10, 11, 9, 10, 1), (13, 14, 12, 13, 1), (13, 14, 12, 12, 1), (8, 8, 7, 7, 1))
    assert values(bars, "atr", window=2)[2:] == [3.0, 4.0]  # ranges 4, 2: mean 3; then (3 + 5) / 2


def test_rate_of_change_and_obv() -> None:
    assert values(bars_of_closes(100, 110, 99), "roc", window=1)[1:] == [0.1, -0.1]
    bars = bars_of_rows((1, 1, 1, 1, 5), (1, 2, 1, 2, 3), (2, 2, 2, 2, 7), (2, 2, 1, 1, 2))
    assert values(bars, "obv") == [5.0, 8.0, 8.0, 6.0]


def test_vwap_of_a_window() -> None:
    bars = bars_of_rows(
        (9, 12, 9, 9, 1), (18, 21, 18, 21, 3), (30, 33, 27, 30, 0), (40, 40, 40, 40, 1), start=77 * DAY_MS
    )
    # typical prices 10, 20, 30, 40
    assert values(bars, "vwap", window=2)[1:] == [(10 + 60) / 4, 60 / 3, 40.0]
    assert values(bars, "vwap", window=1)[:2] == [10.0, 20.0]
    assert np.isnan(values(bars, "vwap", window=1)[2])  # nothing traded: 0/0
    assert values(bars, "session_vwap") == [10.0, 17.5, 17.5, 110 / 5]


def test_session_vwap_begins_at_midnight() -> None:
    rows = [(p, p, p, p, v) for p, v in ((10, 1), (20, 1), (30, 3), (99, nan), (50, 1))]
    got = values(bars_of_rows(*rows, start=DAY_MS - QUARTER_MS), "session_vwap")
    assert np.isnan(got).tolist() == [True, False, False, True, True]  # day half known; 20, 27.5; unknown to its end
    assert got[1:3] == [20.0, (20 + 90) / 4]
    late = values(bars_of_rows(*rows[:3], start=DAY_MS + QUARTER_MS), "session_vwap")
    assert np.isnan(late).all()  # midnight's bar is not among them


def test_realised_volatility() -> None:
    bars = bars_of_closes(100, 110, 99, 99)  # log returns 0.0953102, -0.1053605, 0
    got = values(bars, "realised_volatility", window=2)
    year = sqrt(QUARTERS_PER_YEAR)
    assert np.isnan(got[:2]).all()
    assert got[2] == pytest.approx(stdev([log(1.1), log(0.9)]) * year, rel=1e-14)
    assert got[2] == pytest.approx(0.14189561 * 187.18974, rel=1e-7)
    assert got[3] == pytest.approx(0.10536051565782628 / sqrt(2) * year, rel=1e-14)
    scatter = values(bars, "volatility_of_volatility", window=2, lookback=2)
    assert np.isnan(scatter[:3]).all()
    assert scatter[3] == pytest.approx(stdev(got[2:]), rel=1e-13)
    assert scatter[3] == pytest.approx(0.04765510 * 187.18974, rel=1e-6)


def test_volatility_is_annualised_by_the_length_of_the_bars() -> None:
    bars = bars_of_closes(100, 110, 99)
    days = Bars(
        bars.open_time * 96, bars.open_time * 96 + DAY_MS, bars.open, bars.high, bars.low, bars.close, bars.volume, 2,
        bars.close_tick_sums,
    )  # fmt: skip
    assert values(days, "realised_volatility", window=2)[2] == pytest.approx(0.14189561 * sqrt(365), rel=1e-7)


def test_volatility_from_ranges() -> None:
    bars = bars_of_rows((100, 110, 100, 105, 1), (105, 105, 105, 105, 1))
    year = sqrt(QUARTERS_PER_YEAR)
    # ln 1.1 = 0.09531018, its square 0.00908403; 4 ln 2 = 2.77258872
    assert values(bars, "parkinson_volatility", window=1)[0] == pytest.approx(
        sqrt(0.00908403 / 2.77258872) * year, rel=1e-6
    )
    assert values(bars, "parkinson_volatility", window=2)[1] == pytest.approx(
        log(1.1) / sqrt(8 * log(2)) * year, rel=1e-14
    )
    # ln 1.05 = 0.04879016, its square 0.00238048; 2 ln 2 - 1 = 0.38629436
    wanted = sqrt(0.00908403 / 2 - 0.38629436 * 0.00238048) * year
    assert values(bars, "garman_klass_volatility", window=1) == pytest.approx([wanted, 0.0], rel=1e-6)


def test_a_price_of_zero_has_no_logarithm() -> None:
    with pytest.raises(CorruptObjectError, match="not positive"):
        values(bars_of_closes(1, 0, 1), "realised_volatility", window=2)


def test_constant_growth_has_no_volatility() -> None:
    bars = bars_of_closes(*(2.0**k for k in range(12)))  # log 2 every bar: nothing may cancel to a small rest
    assert values(bars, "realised_volatility", window=7)[7:] == [0.0] * 5
    assert values(bars, "volatility_of_volatility", window=5, lookback=4)[8:] == [0.0] * 4


def test_trend_regime_ties_are_flat() -> None:
    bars = bars_of_closes(100, 100, 103, 95, 105, 95)
    # close / mean of two - 1: 0, 3/203, -4/99, 1/20, -1/20
    assert values(bars, "trend_regime", window=2, band=0.01)[1:] == [0.0, 1.0, -1.0, 1.0, -1.0]
    assert values(bars, "trend_regime", window=2, band=0.05)[1:] == [0.0, 0.0, 0.0, 0.0, 0.0]
    assert values(bars, "trend_regime", window=2, band=0.0499)[4:] == [1.0, -1.0]


def test_volatility_regime() -> None:
    bars = bars_of_closes(100, 101, 100, 102, 102, 102, 112.2, 117.81)
    # |r[t] - r[t-1]| from bar 2 on: 0.0199, 0.0298, 0.0198, 0, 0.0953, 0.0465
    got = values(bars, "volatility_regime", window=2, lookback=3)
    assert np.isnan(got[:4]).all()
    assert got[4:] == [0.0, 0.0, 2.0, 1.0]
    assert values(bars, "volatility_regime", window=2, lookback=3, low=0.1, high=0.9)[4:] == [1.0] * 4  # ranks 1/6, 5/6
    assert values(bars_of_closes(*[7] * 9), "volatility_regime", window=2, lookback=3)[4:] == [1.0] * 5  # all equal
