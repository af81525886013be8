"""Our metrics beside those of empyrical, scipy, pandas (run here) and quantstats (recorded), on real BTC hours."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import empyrical
import numpy as np
import pandas as pd
import scipy.stats

from candlecloud.arrays import FloatArray
from candlecloud.metrics.annual import bars_per_year
from candlecloud.metrics.curves import accumulate_curve, bar_returns
from candlecloud.metrics.distribution import describe_distribution
from candlecloud.metrics.periods import monthly_returns, rolling_sharpe
from candlecloud.metrics.relative import compare_with_benchmark
from candlecloud.metrics.summary import summary_of
from tests.support.recorded import btc_hours

HOUR_MS = 3_600_000
PER_YEAR = 8_760
MONTH_BARS = 720
GOLDEN = Path(__file__).parents[1] / "golden" / "quantstats.json"


class Comparison(NamedTuple):
    """One number of ours, what a library says, and what was done to the library's number to make them comparable."""

    metric: str
    library: str
    ours: float
    theirs: float
    bridge: str = ""

    @property
    def difference(self) -> float:
        """Relative to the library's number; absolute where that is 0."""
        return abs(self.ours - self.theirs) / (abs(self.theirs) or 1.0)


def recorded_curves(n: int) -> tuple[FloatArray, FloatArray, float]:
    """Equity of a rule, equity of holding BTC and the initial equity of both, over the first n bar returns.

    The rule holds while the last close is above the one 100 bars before.
    """
    close = np.asarray(btc_hours().column("close").to_numpy(), np.float64)[: n + 1]
    market = close[1:] / close[:-1] - 1.0
    held = np.concatenate((np.zeros(100, bool), close[100:] > close[:-100]))[:-1]
    rule: FloatArray = np.cumprod(1.0 + market * held) * close[0]
    return rule, close[1:].copy(), float(close[0])


@cache
def golden() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(GOLDEN.read_text())
    return document


def our_metrics(equity: FloatArray, initial: float) -> dict[str, Any]:
    """Summary and distribution of hourly equity without an absent bar."""
    n = len(equity)
    accumulators = accumulate_curve(equity, initial)
    summary = summary_of(accumulators, initial_equity=initial, n_bars=n, span_ms=n * HOUR_MS)
    return summary.to_dict() | describe_distribution(equity, initial).to_dict()


def agreements() -> Iterator[Comparison]:
    """Where definitions are the same, up to the bridge that is named."""
    yield from _empyrical()
    yield from _scipy_and_pandas()
    yield from _quantstats()


def _empyrical() -> Iterator[Comparison]:
    equity, held, initial = recorded_curves(26_000)
    ours, returns, market = our_metrics(equity, initial), bar_returns(equity, initial), bar_returns(held, initial)
    annual = {"annualization": PER_YEAR}
    for metric, theirs, bridge in (
        ("total_return", empyrical.cum_returns_final(returns), ""),
        ("cagr", empyrical.annual_return(returns, **annual), "no bar absent"),
        ("volatility", empyrical.annual_volatility(returns, **annual), ""),
        ("sharpe", empyrical.sharpe_ratio(returns, **annual), ""),
        ("sortino", empyrical.sortino_ratio(returns, **annual), ""),
        ("calmar", empyrical.calmar_ratio(returns, **annual), "no bar absent"),
        ("max_drawdown", -empyrical.max_drawdown(returns), "sign turned"),
        ("omega", empyrical.omega_ratio(returns), ""),
        ("tail_ratio", empyrical.tail_ratio(returns), ""),
        ("value_at_risk_95", -empyrical.value_at_risk(returns, 0.05), "sign turned"),
        ("value_at_risk_99", -empyrical.value_at_risk(returns, 0.01), "sign turned"),
        ("expected_shortfall_95", -empyrical.conditional_value_at_risk(returns, 0.05), "sign turned"),
        ("expected_shortfall_99", -empyrical.conditional_value_at_risk(returns, 0.01), "sign turned"),
    ):
        yield Comparison(metric, "empyrical", float(ours[metric]), float(theirs), bridge)
    relative = compare_with_benchmark(equity, held, initial, HOUR_MS)
    active = empyrical.excess_sharpe(returns, market) * math.sqrt(PER_YEAR)
    alpha_per_bar = (1.0 + empyrical.alpha(returns, market, **annual)) ** (1.0 / PER_YEAR) - 1.0
    yield Comparison("beta", "empyrical", relative.beta or 0.0, float(empyrical.beta(returns, market)))
    yield Comparison("alpha", "empyrical", relative.alpha or 0.0, alpha_per_bar * PER_YEAR, "compounding undone")
    yield Comparison("information_ratio", "empyrical", relative.information_ratio or 0.0, active, "annualised")


def _scipy_and_pandas() -> Iterator[Comparison]:
    equity, held, initial = recorded_curves(26_000)
    ours, returns, market = our_metrics(equity, initial), bar_returns(equity, initial), bar_returns(held, initial)
    relative = compare_with_benchmark(equity, held, initial, HOUR_MS)
    yield Comparison("skew", "scipy", ours["skew"], float(scipy.stats.skew(returns)))
    yield Comparison("kurtosis", "scipy", ours["kurtosis"], float(scipy.stats.kurtosis(returns)))
    line = scipy.stats.linregress(market, returns)
    yield Comparison("beta", "scipy", relative.beta or 0.0, float(line.slope))
    yield Comparison("alpha", "scipy", relative.alpha or 0.0, float(line.intercept) * PER_YEAR, "annualised")
    yield Comparison("correlation", "scipy", relative.correlation or 0.0, float(line.rvalue))
    active = pd.Series(returns - market)
    deviation = float(active.std()) * math.sqrt(PER_YEAR)
    yield Comparison("tracking_error", "pandas", relative.tracking_error or 0.0, deviation, "annualised")
    under = pd.Series(equity) < pd.Series(equity).cummax().clip(lower=initial)
    yield Comparison("time_under_water", "pandas", ours["time_under_water"], float(under.mean()))
    run = under.groupby((~under).cumsum()).sum().max()
    yield Comparison("max_drawdown_bars", "pandas", ours["max_drawdown_bars"], float(run))
    yield Comparison("monthly_returns", "pandas", *_worst_month(equity, initial))


def _worst_month(equity: FloatArray, initial: float) -> tuple[float, float]:
    """The monthly return that differs most from pandas' resampling, and pandas' value."""
    close_time = btc_hours().column("close_time").cast("int64").to_numpy()[1 : len(equity) + 1]
    index = pd.to_datetime(close_time, unit="ms") - pd.Timedelta(1, "ms")
    last = pd.Series(equity, index).resample("MS").last()
    theirs = last / last.shift(1, fill_value=initial) - 1.0
    ours = [value or 0.0 for _, _, value in monthly_returns(close_time, equity, initial)]
    return max(zip(ours, theirs.tolist(), strict=True), key=lambda pair: abs(pair[0] - pair[1]))


def _quantstats() -> Iterator[Comparison]:
    rule, held, initial = recorded_curves(5_000)
    for series, equity in (("market", held), ("rule", rule)):
        ours, theirs = our_metrics(equity, initial), golden()[series]
        for metric, name, bridge in (
            ("total_return", "comp", ""),
            ("cagr", "cagr", "no bar absent"),
            ("volatility", "volatility", ""),
            ("sharpe", "sharpe", ""),
            ("sortino", "sortino", ""),
            ("calmar", "calmar", "no bar absent"),
            ("omega", "omega", ""),
            ("tail_ratio", "tail_ratio", ""),
            ("max_drawdown", "max_drawdown", "sign turned"),
            ("expected_shortfall_95", "cvar_historical_95", "sign turned"),
            ("expected_shortfall_99", "cvar_historical_99", "sign turned"),
        ):
            value = -theirs[name] if bridge == "sign turned" else theirs[name]
            yield Comparison(metric, f"quantstats ({series})", ours[metric], value, bridge)
        corrected = _bias_corrected(len(equity), ours["skew"], ours["kurtosis"])
        for metric, value in zip(("skew", "kurtosis"), corrected, strict=True):
            yield Comparison(metric, f"quantstats ({series})", value, theirs[metric], "ours corrected for bias")
    relative, theirs = compare_with_benchmark(rule, held, initial, HOUR_MS), golden()["rule_against_market"]
    root = math.sqrt(PER_YEAR)
    yield Comparison("alpha", "quantstats", relative.alpha or 0.0, theirs["alpha"])
    yield Comparison("beta", "quantstats", relative.beta or 0.0, theirs["beta"])
    ratio = theirs["information_ratio"] * root
    yield Comparison("information_ratio", "quantstats", relative.information_ratio or 0.0, ratio, "annualised")
    rolling = rolling_sharpe(bar_returns(rule, initial), MONTH_BARS, bars_per_year(HOUR_MS))
    for at, value in golden()["rule_rolling_sharpe"].items():
        yield Comparison("rolling_sharpe", f"quantstats (bar {at})", float(rolling[int(at)]), value)


def _bias_corrected(n: int, skew: float, excess: float) -> tuple[float, float]:
    """G1 and G2 of Joanes, Gill (1998), which pandas gives, from our g1 and g2."""
    corrected = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * excess + 6.0)
    return skew * math.sqrt(n * (n - 1)) / (n - 2), corrected
