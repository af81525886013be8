"""Where a library's number of the same name is deliberately another one: both values, and why ours is as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import empyrical
import numpy as np

from candlecloud.metrics.curves import accumulate_curve, bar_returns
from candlecloud.metrics.relative import compare_with_benchmark
from candlecloud.metrics.summary import summary_of
from tests.support.metric_oracles import HOUR_MS, PER_YEAR, golden, our_metrics, recorded_curves


class Difference(NamedTuple):
    """One metric, the library's function, both values (None: no number) and the reason."""

    metric: str
    library: str
    ours: float | None
    theirs: float
    why: str


def differences() -> Iterator[Difference]:
    """Every deliberate difference, on real BTC hours; docs/metrics.md lists them."""
    equity, _, initial = recorded_curves(5_000)
    ours, theirs = our_metrics(equity, initial), golden()["rule"]
    yield Difference(
        "value_at_risk_95",
        "quantstats.value_at_risk",
        ours["value_at_risk_95"],
        theirs["value_at_risk_95"],
        "theirs is the quantile of a normal distribution of the same mean and deviation, ours that of the returns",
    )
    for metric in ("skew", "kurtosis"):
        yield Difference(
            metric,
            f"quantstats.{metric}",
            ours[metric],
            theirs[metric],
            "theirs (pandas) corrects for bias, which assumes normal returns; ours equals scipy's default",
        )
    trades = summary_of(
        accumulate_curve(equity, initial, profits=(120.0, -80.0, 40.0)),
        initial_equity=initial,
        n_bars=len(equity),
        span_ms=len(equity) * HOUR_MS,
    )
    for metric in ("win_rate", "profit_factor"):
        yield Difference(
            metric,
            f"quantstats.{metric}",
            getattr(trades, metric),
            theirs[metric],
            "theirs takes each bar for a trade, ours closed round trips after costs (here three made-up trades)",
        )
    yield from _relative_differences()
    yield from _edge_differences()


def _relative_differences() -> Iterator[Difference]:
    equity, held, initial = recorded_curves(5_000)
    returns, market = bar_returns(equity, initial), bar_returns(held, initial)
    relative = compare_with_benchmark(equity, held, initial, HOUR_MS)
    yield Difference(
        "alpha",
        "empyrical.alpha",
        relative.alpha,
        float(empyrical.alpha(returns, market, annualization=PER_YEAR)),
        "theirs compounds the alpha of a bar over a year, ours multiplies it (as quantstats does)",
    )
    for library, value in (
        ("empyrical.excess_sharpe", float(empyrical.excess_sharpe(returns, market))),
        ("quantstats.information_ratio", golden()["rule_against_market"]["information_ratio"]),
    ):
        why = "theirs is per bar, ours per year like the Sharpe ratio"
        yield Difference("information_ratio", library, relative.information_ratio, value, why)
    for metric in ("up_capture", "down_capture"):
        theirs = float(getattr(empyrical, metric)(returns, market))
        why = "theirs is the ratio of compound yearly rates over the chosen bars, ours that of their mean returns"
        yield Difference(metric, f"empyrical.{metric}", getattr(relative, metric), theirs, why)


def _edge_differences() -> Iterator[Difference]:
    steady = 100.0 * 1.01 ** np.arange(1, 201)
    ours = our_metrics(steady, 100.0)
    returns = bar_returns(steady, 100.0)
    yield Difference(
        "sharpe",
        "empyrical.sharpe_ratio",
        ours["sharpe"],
        float(empyrical.sharpe_ratio(returns, annualization=PER_YEAR)),
        "equity that grows by 1 % each bar: returns differ by rounding only, and a ratio over rounding is no number",
    )
    _, held, initial = recorded_curves(26_703)
    n, annual = len(held), {"annualization": PER_YEAR}
    absent = summary_of(
        accumulate_curve(held, initial),
        initial_equity=initial,
        n_bars=n,
        span_ms=(n + 1) * HOUR_MS,
    )
    for metric, function in (("cagr", empyrical.annual_return), ("calmar", empyrical.calmar_ratio)):
        yield Difference(
            metric,
            f"empyrical.{function.__name__}",
            getattr(absent, metric),
            float(function(bar_returns(held, initial), **annual)),
            "theirs counts bars as time; ours takes the clock, and one hour of the record is absent",
        )
