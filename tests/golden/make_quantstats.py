"""Writes quantstats.json: what quantstats 0.0.86 says about two recorded return series.

quantstats is no dependency, not even of the tests: it wants packages that nothing else here needs. Made with

    python -m venv /tmp/quantstats && /tmp/quantstats/bin/pip install quantstats==0.0.86 pyarrow
    /tmp/quantstats/bin/python tests/golden/make_quantstats.py
"""

from __future__ import annotations

import json
import math
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import quantstats as qs

HERE = Path(__file__).parent
RECORDED = HERE.parent / "data" / "recorded" / "binance_spot_BTCUSDT_1h.parquet"
N_RETURNS = 5_000
PER_YEAR = 8_760
MONTH_HOURS = 720


def recorded_returns() -> tuple[pd.Series, pd.Series]:
    """Returns of BTC hours, and of a long-only rule on them: hold while the last close is above the one 100 before."""
    table = pq.read_table(RECORDED, columns=["open_time", "close"]).slice(0, N_RETURNS + 1)
    close = pd.Series([float(value) for value in table.column("close").to_pylist()])
    market = (close.to_numpy()[1:] / close.to_numpy()[:-1]) - 1.0
    held = (close > close.shift(100)).to_numpy()[:-1]
    index = pd.date_range("2022-08-01", periods=N_RETURNS, freq="h")
    return pd.Series(market, index), pd.Series(market * held, index)


def described(returns: pd.Series) -> dict[str, float]:
    stats, asked = qs.stats, {"periods": PER_YEAR}
    return {
        "comp": stats.comp(returns),
        "cagr": stats.cagr(returns, **asked),
        "volatility": stats.volatility(returns, **asked),
        "sharpe": stats.sharpe(returns, **asked),
        "sortino": stats.sortino(returns, **asked),
        "calmar": stats.calmar(returns, **asked),
        "omega": stats.omega(returns, **asked),
        "max_drawdown": stats.max_drawdown(returns),
        "tail_ratio": stats.tail_ratio(returns),
        "value_at_risk_95": stats.value_at_risk(returns, confidence=0.95),
        "value_at_risk_99": stats.value_at_risk(returns, confidence=0.99),
        "cvar_historical_95": stats.conditional_value_at_risk(returns, confidence=0.95, method="historical"),
        "cvar_historical_99": stats.conditional_value_at_risk(returns, confidence=0.99, method="historical"),
        "skew": stats.skew(returns),
        "kurtosis": stats.kurtosis(returns),
        "win_rate": stats.win_rate(returns),
        "profit_factor": stats.profit_factor(returns),
    }


def compared(returns: pd.Series, market: pd.Series) -> dict[str, float]:
    greeks = qs.stats.greeks(returns, market, periods=PER_YEAR)
    ratio = qs.stats.information_ratio(returns, market)
    return {"alpha": greeks["alpha"], "beta": greeks["beta"], "information_ratio": ratio}


def main() -> None:
    market, rule = recorded_returns()
    rolling = qs.stats.rolling_sharpe(rule, rolling_period=MONTH_HOURS, periods_per_year=PER_YEAR)
    at = range(MONTH_HOURS - 1, N_RETURNS, 500)
    document: dict[str, Any] = {
        "source": "quantstats, Apache-2.0, https://github.com/ranaroussi/quantstats",
        "versions": {name: version(name) for name in ("quantstats", "pandas", "numpy", "scipy")},
        "command": "python tests/golden/make_quantstats.py",
        "series": "first 5,000 returns of tests/data/recorded/binance_spot_BTCUSDT_1h.parquet; see recorded_returns",
        "market": described(market),
        "rule": described(rule),
        "rule_against_market": compared(rule, market),
        "rule_rolling_sharpe": {str(k): float(rolling.iloc[k]) for k in at if not math.isnan(rolling.iloc[k])},
    }
    (HERE / "quantstats.json").write_text(json.dumps(document, indent=2, default=float) + "\n")


if __name__ == "__main__":
    main()
