"""The bar engine with every switch of order handling: off, on one by one, all on. ns per bar and set, one thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.grids import GRIDS
from benchmarks.series import read_series
from benchmarks.sweep import bars_of
from benchmarks.tables import figure, table
from benchmarks.timing import cpu_s
from candlecloud.arrays import FloatArray
from candlecloud.backtest.bar_engine import simulate, statistics_of_target
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.sizing import SIZING
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature
from candlecloud.features.families.trend import ATR
from candlecloud.metrics.accumulators import Accumulators
from candlecloud.strategies.builtin import STRATEGIES
from tests.golden.cases import CASH, Case, replayed

SETS = GRIDS[1_000][::20]
_COSTS: Mapping[str, Any] = {"taker_fee_bps": 10.0, "slippage_bps": 2.0}
_STOPS: Mapping[str, Any] = {"maker_fee_bps": 8.0, "stop_loss": 0.03, "take_profit": 0.08, "trailing_stop": 0.05}
_IMPACT: Mapping[str, Any] = {"impact_bps": 100.0, "max_participation": 0.1}
_LIMIT: Mapping[str, Any] = {"drawdown_limit": 0.15, "cooldown_bars": 168}
_ENTRY: Mapping[str, Any] = {"maker_fee_bps": 2.0, "entry_offset_bps": 10.0, "entry_expires_bars": 24}
_MARKET: Mapping[str, Any] = {"tick_size": 0.01, "lot_step": 1e-5, "min_notional": 5.0}


@dataclass(frozen=True)
class Switches:
    """One line of the table; `options` are sizes and parts of the `Backtest`."""

    name: str
    execution: Mapping[str, Any] = field(default_factory=dict)
    options: Callable[[Bars], Mapping[str, Any]] = lambda _: {}

    def made(self) -> Execution:
        return Execution(**{**_COSTS, **self.execution})


def _sized(bars: Bars) -> Mapping[str, Any]:
    model = SIZING.find("volatility_target")
    return {"size": model.size(bars, np.empty(0), model.check_parameters({}))}


def _ranged(bars: Bars) -> Mapping[str, Any]:
    return {"average_true_range": compute_feature(bars, ATR, {})["atr"]}


def _funded(bars: Bars) -> Mapping[str, Any]:
    due = (bars.close_time % (8 * 3_600_000) == 0).astype(np.float64)
    return {"funding": due * 1e-4}


def _all(bars: Bars) -> Mapping[str, Any]:
    return {**_sized(bars), **_funded(bars), "direction": "both"}


LINES: Sequence[Switches] = (
    Switches("fees and slippage only"),
    Switches("stop-loss", {"stop_loss": 0.03}),
    Switches("stop-loss and take-profit", {"stop_loss": 0.03, "take_profit": 0.08, "maker_fee_bps": 8.0}),
    Switches("trailing stop", {"trailing_stop": 0.05}),
    Switches("all three stops", _STOPS),
    Switches("ATR stops", {"stop_loss_atr": 3.0, "take_profit_atr": 8.0, "trailing_stop_atr": 5.0}, _ranged),
    Switches("time exit after 48 bars", {"max_bars": 48}),
    Switches("entries by a limit, 10 bps, 24 bars", {**_ENTRY, "entry_type": 1}),
    Switches("entries by a stop, 10 bps, 24 bars", {**_ENTRY, "entry_type": 2}),
    Switches("impact and participation cap (participation_rate)", _IMPACT),
    Switches("participation cap alone", {"max_participation": 0.1}),
    Switches("drawdown limit with cool-down", _LIMIT),
    Switches("market rules: tick, lot, minimum notional", _MARKET),
    Switches("funding every 8 hours", options=_funded),
    Switches("volatility target (sizes given)", options=_sized),
    Switches("volatility target, rebalanced in a band", {"rebalance_band": 0.1}, _sized),
    Switches("long and short", options=lambda _: {"direction": "both"}),
    Switches("three stops, sizing, impact, cap, drawdown limit", {**_STOPS, **_IMPACT, **_LIMIT}, _sized),
    Switches("all of it at once", {**_STOPS, **_IMPACT, **_LIMIT, **_MARKET, "rebalance_band": 0.1}, _all),
)


def tables() -> str:
    """Rows of statistics per set, targets given; every line is checked against the reference engine on one set.

    Raises
    ------
    AssertionError
        If a fill or an equity differs from the reference.
    """
    bars = bars_of(read_series("1h"))
    strategy = STRATEGIES.find("dual_sma")
    targets = [strategy.target(bars, {"fast": fast, "slow": slow}) for fast, slow in SETS]
    per = len(bars) * len(SETS)
    making = cpu_s(lambda: [strategy.target(bars, {"fast": fast, "slow": slow}) for fast, slow in SETS], rounds=3)
    rows = [(line.name, *_timed(bars, targets, line)) for line in LINES]
    slippage = [(f"slippage model {name}", *_timed(bars, targets, line)) for name, line in _slippage_lines()]
    return (
        f"{len(bars):,} real hours, {len(SETS)} sets of the grid of 1,000 (median of 5 rounds), dual_sma, targets "
        f"given: making them takes {figure(making / per * 1e9)} ns more. Each line's fills and equity equal the "
        f"reference engine's on the first set, bit for bit.\n\n"
        + table(("switched on", "ns per bar and set", "fills per set"), rows + slippage)
    )


def slippage_seconds() -> dict[str, float]:
    """CPU seconds of one run's pass over the bars, by name of the slippage model."""
    bars, strategy = bars_of(read_series("1h")), STRATEGIES.find("dual_sma")
    targets = [strategy.target(bars, strategy.check_parameters({}))]
    return {name: _seconds(_work(bars, targets, line)) for name, line in _slippage_lines()}


def _slippage_lines() -> list[tuple[str, Switches]]:
    return [
        (name, Switches(name, {**model.execution(model.check_parameters({})), "taker_fee_bps": 10.0}))
        for name, model in SLIPPAGE.items()
    ]


def _timed(bars: Bars, targets: Sequence[FloatArray], line: Switches) -> tuple[str, str]:
    work = _work(bars, targets, line)
    fills = np.mean([Accumulators.from_row(row).n_fills for row in work()])
    return figure(_seconds(work) / len(bars) / len(targets) * 1e9), figure(float(fills))


def _work(bars: Bars, targets: Sequence[FloatArray], line: Switches) -> Callable[[], list[FloatArray]]:
    execution, options = line.made(), dict(line.options(bars))
    size = options.pop("size", 1.0)
    backtest = Backtest(bars, CASH, **options)
    _check(Case(backtest, targets[0], execution, size))
    return lambda: [statistics_of_target(backtest, target, execution, size) for target in targets]


def _seconds(work: Callable[[], Any]) -> float:
    return cpu_s(work, rounds=5)


def _check(case: Case) -> None:
    wanted = replayed(case)
    got = simulate(case.backtest, case.target, case.execution, case.size)
    fills = [(fill.bar, fill.change, fill.price) for fill in wanted.fills]
    if got.equity.tolist() != wanted.equity or [(f.bar, f.quantity, f.price) for f in got.fills] != fills:
        raise AssertionError(f"engine and reference differ with {case.execution}")
