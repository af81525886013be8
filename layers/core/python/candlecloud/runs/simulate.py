"""From a configuration to its simulation, and from many to their rows of statistics.

Which form of the engine computes a set follows from its configuration and its targets alone, so the row of a set in a
sweep and that of its run alone are the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.engine import simulate, statistics_of_target
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.finer import FineBars, fine_bars
from candlecloud.backtest.orders import Direction
from candlecloud.backtest.simulation import Simulation
from candlecloud.backtest.sweep_form import PlainCosts, fits_event_form, statistics_of_pairs, statistics_of_signals
from candlecloud.features.bars import Bars
from candlecloud.metrics.summary import Summary, summary_of
from candlecloud.metrics.tallies import COLUMNS, Tallies
from candlecloud.runs.config import RunConfig
from candlecloud.runs.decide import Decisions, decide
from candlecloud.runs.setting import Setting
from candlecloud.runs.sweep import SweepConfig
from candlecloud.runs.trading import Choice, Stops
from candlecloud.strategies.buy_and_hold import BUY_AND_HOLD
from candlecloud.strategies.sizing import FIXED_FRACTION

BENCHMARK = BUY_AND_HOLD.name
_SPENT = 1e-150
ALL_OF_IT = Choice(FIXED_FRACTION.name, {"fraction": 1.0})


def simulate_run(decisions: Decisions, setting: Setting, finer: Bars | None, *, optimistic: bool = False) -> Simulation:
    """Trade what was decided; every fill and close is recorded."""
    trading = setting.trading
    return simulate(
        decisions.bars,
        decisions.target,
        trading.execution(),
        initial_equity=setting.initial_equity,
        direction=cast(Direction, trading.direction),
        first=decisions.first,
        size=decisions.size,
        funding=decisions.funding,
        fine=_fine(decisions.bars, finer),
        optimistic=optimistic,
    )


def statistics_of_sets(bars: Bars, finer: Bars | None, config: SweepConfig, numbers: Sequence[int]) -> FloatArray:
    """One row per parameter set, in the order of the numbers.

    Parameters
    ----------
    bars : Bars
        Reaching back to the longest warm-up.

    Returns
    -------
    FloatArray, sets x columns
        `candlecloud.metrics.tallies.COLUMNS`.
    """
    configs = [config.run_config(number) for number in numbers]
    rows = np.empty((len(configs), len(COLUMNS)))
    crossing: list[int] = []
    if _plain_costs(bars, config.setting) is not None and config.setting.strategy_rule.crossing is not None:
        crossing = [k for k, one in enumerate(configs) if _has_whole_warmup(bars, one)]
    if crossing:
        rows[crossing] = _rows_of_pairs(bars, [configs[k] for k in crossing])
    done = {k for k in crossing if not _is_spent(rows[k], config.setting)}
    for k in sorted(set(range(len(configs))) - done):
        rows[k] = statistics_of_run(decide(bars, configs[k]), configs[k], finer)
    return rows


def statistics_of_run(decisions: Decisions, config: RunConfig, finer: Bars | None) -> FloatArray:
    """The row of one set: what its run shows as metrics."""
    row = _event_row(decisions, config)
    if row is not None and not _is_spent(row, config.setting):
        return row
    setting, trading = config.setting, config.setting.trading
    return statistics_of_target(
        decisions.bars,
        decisions.target,
        trading.execution(),
        initial_equity=setting.initial_equity,
        direction=cast(Direction, trading.direction),
        first=decisions.first,
        size=decisions.size,
        funding=decisions.funding,
        fine=_fine(decisions.bars, finer),
    )


def summary_of_row(row: FloatArray, bars: Bars, first: int, setting: Setting) -> Summary:
    """The numbers of a row of statistics."""
    return summary_of(
        Tallies.from_row(row),
        initial_equity=setting.initial_equity,
        n_bars=len(bars) - first,
        timeframe_ms=setting.series.timeframe.ms,
        span_ms=int(bars.close_time[-1] - bars.open_time[first]),
    )


def benchmark_of(setting: Setting) -> RunConfig:
    """Buy and hold in the same market and time, with the same money and costs: long, all in, no stops or limits."""
    trading = replace(
        setting.trading,
        direction="long",
        sizing=ALL_OF_IT,
        stops=Stops(),
        drawdown_limit=None,
        rebalance_band=None,
    )
    return RunConfig(replace(setting, strategy=BENCHMARK, rules=None, trading=trading, finer_timeframe="none"), {})


def _plain_costs(bars: Bars, setting: Setting) -> PlainCosts | None:
    """Costs of a run that is long with all of its equity or flat, and nothing else; None for any other run."""
    trading, execution = setting.trading, setting.trading.execution()
    plain = Execution(
        taker_fee_bps=execution.taker_fee_bps,
        maker_fee_bps=execution.maker_fee_bps,
        slippage_bps=execution.slippage_bps,
        flatten_at_end=execution.flatten_at_end,
    )
    if execution != plain or trading.direction != "long" or trading.sizing != ALL_OF_IT:
        return None
    if trading.funding is not None and trading.funding.model != "ignored":
        return None
    costs = PlainCosts(execution.taker_fee_bps / 10_000.0, execution.slippage_bps / 10_000.0, execution.flatten_at_end)
    # Judged on the run's own range, so that a sweep, which holds more bars before it, judges alike.
    return costs if fits_event_form(bars.since(setting.range.start), costs) else None


def _event_row(decisions: Decisions, config: RunConfig) -> FloatArray | None:
    """The row by the event form; None where that does not fit."""
    setting = config.setting
    costs = _plain_costs(decisions.bars, setting)
    if costs is None:
        return None
    if setting.strategy_rule.crossing is not None:
        return np.ravel(_rows_of_pairs(decisions.bars, [config]))
    if not np.isin(decisions.target, (0.0, 1.0)).all():
        return None
    signals, initial = [decisions.target > 0.0], setting.initial_equity
    return np.ravel(
        statistics_of_signals(decisions.bars, signals, costs, initial_equity=initial, first=decisions.first)
    )


def _is_spent(row: FloatArray, setting: Setting) -> bool:
    """Whether costs have eaten equity down to where floats end: there the path form knows ruin, the event form not."""
    return not row[0] > _SPENT * setting.initial_equity


def _has_whole_warmup(bars: Bars, config: RunConfig) -> bool:
    """Whether no candle of the set's own warm-up is absent; if one is, it decides later than on longer bars."""
    begin = config.range.start - config.warmup_bars * config.series.timeframe.ms
    return bars.index_of(config.range.start) - bars.index_of(begin) == config.warmup_bars


def _rows_of_pairs(bars: Bars, configs: Sequence[RunConfig]) -> FloatArray:
    setting = configs[0].setting
    crossing = setting.strategy_rule.crossing
    assert crossing is not None
    pairs = np.array([[config.parameters[name] for name in crossing] for config in configs], np.int64)
    costs = _plain_costs(bars, setting)
    assert costs is not None
    return statistics_of_pairs(
        bars,
        np.ascontiguousarray(pairs[:, 0]),
        np.ascontiguousarray(pairs[:, 1]),
        costs,
        initial_equity=setting.initial_equity,
        first=bars.index_of(setting.range.start),
    )


def _fine(bars: Bars, finer: Bars | None) -> FineBars | None:
    return None if finer is None else fine_bars(bars, finer)
