"""The bar engine: a target position in, one row of statistics or the whole simulation out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.kernels import bar_engine
from candlecloud.backtest.kernels.layout import CODE, COLUMN, FINAL, NOTE, NUMBER
from candlecloud.backtest.orders import FILL_PHASES, REASONS, REFUSALS, SIDES, Fill, check_target
from candlecloud.backtest.simulation import Simulation
from candlecloud.errors import InsufficientDataError, InvalidParameterError
from candlecloud.features.bars import Bars
from candlecloud.metrics.accumulators import Accumulators

_NO_FLOATS = np.empty(0)
_NO_INTEGERS = np.empty(0, np.int64)


class _Records(NamedTuple):
    """What the kernel writes when it records, sized by the row of a pass before."""

    equity: FloatArray
    fill_codes: Any
    fill_numbers: Any
    profits: FloatArray
    notes: Any

    @classmethod
    def sized(cls, accumulators: Accumulators, n_bars: int) -> _Records:
        n_fills, n_notes = int(accumulators.n_fills), int(accumulators.refused_orders + accumulators.capped_fills)
        return cls(
            np.empty(n_bars),
            np.empty((n_fills, CODE.width), np.int64),
            np.empty((n_fills, NUMBER.width)),
            np.empty(int(accumulators.n_trades)),
            np.empty((n_notes, 2), np.int64),
        )


_NO_RECORDS = _Records.sized(Accumulators(0.0), 0)


def simulate(
    backtest: Backtest, target: FloatArray, execution: Execution, size: FloatArray | float = 1.0
) -> Simulation:
    """Trade a target position and record every fill and close.

    Parameters
    ----------
    target : FloatArray, as long as the bars
        Wanted position after each close, in [-1, 1] times equity.
    execution : Execution
        Costs, stops, limits and market rules.
    size : FloatArray, as long as the bars, or float
        The sizing model's fraction at each close, in [0, 1]; it multiplies the target.

    Raises
    ------
    InvalidParameterError
        If lengths do not match, or a number is out of its bounds.
    InsufficientDataError
        If a volume is unknown and fills depend on it.
    """
    inputs = _inputs(backtest, target, execution, size)
    row, _ = _run(inputs, _NO_RECORDS)
    records = _Records.sized(Accumulators.from_row(row), len(backtest.bars) - backtest.start_bar)
    row, final_state = _run(inputs, records)
    notes = records.notes.tolist()
    return Simulation(
        backtest=backtest,
        statistics=row,
        equity=records.equity,
        fills=_fills(records),
        profits=tuple(records.profits.tolist()),
        cash=float(final_state[FINAL.cash]),
        quantity=float(final_state[FINAL.held]),
        waiting_target=_waiting_target(backtest, target, row, final_state),
        refused=tuple((bar, REFUSALS[code]) for bar, code in notes if code != NOTE.capped),
        capped=tuple(bar for bar, code in notes if code == NOTE.capped),
    )


def statistics_of_target(
    backtest: Backtest, target: FloatArray, execution: Execution, size: FloatArray | float = 1.0
) -> FloatArray:
    """The row of statistics alone, as a sweep needs it: bit for bit that of `simulate`, whose arguments these are.

    Returns
    -------
    FloatArray
        `candlecloud.metrics.accumulators.COLUMNS`.
    """
    return _run(_inputs(backtest, target, execution, size), _NO_RECORDS)[0]


def statistics_of_targets(
    backtest: Backtest, targets: Iterable[tuple[FloatArray, FloatArray | float]], execution: Execution
) -> FloatArray:
    """Rows of statistics of many targets with their sizes: bit for bit those of `statistics_of_target`.

    Returns
    -------
    FloatArray, targets x columns
        `candlecloud.metrics.accumulators.COLUMNS`.
    """
    return np.array([statistics_of_target(backtest, target, execution, size) for target, size in targets])


def _waiting_target(backtest: Backtest, target: FloatArray, row: FloatArray, final_state: FloatArray) -> float | None:
    """Target of an order, or of the rest of one, that is not filled at the end."""
    if row[COLUMN.ruined]:
        return None
    asked, weight = float(final_state[FINAL.asked]), float(final_state[FINAL.weight])
    paused = len(backtest.bars) - 1 < final_state[FINAL.resume]
    last = 0.0 if paused else float(np.clip(target[-1], *SIDES[backtest.direction]))
    if last != asked:
        return last
    waits = final_state[FINAL.working] and (final_state[FINAL.held] or weight)
    return (asked if weight else 0.0) if waits else None


def _inputs(backtest: Backtest, target: FloatArray, execution: Execution, size: FloatArray | float) -> tuple[Any, ...]:
    """Check what the set decides; the kernel's arguments up to the row."""
    bars, funding, inside = backtest.bars, backtest.funding, backtest.intrabar
    atr = _atr(backtest, execution)
    if len(target) != len(bars):
        raise InvalidParameterError("A backtest needs one target per bar.", bars=len(bars), targets=len(target))
    wanted = np.ascontiguousarray(target, np.float64)
    if _outside(wanted, -1.0, 1.0):
        check_target(wanted)
    _check_market(bars, execution, backtest.start_bar)
    return (
        *(bars.open_time, bars.close_time),
        *(bars.open, bars.high, bars.low, bars.close, bars.volume),
        wanted,
        _known_sizes(_sizes(size, len(bars)), atr),
        _NO_FLOATS if funding is None else np.ascontiguousarray(funding, np.float64),
        *((_NO_INTEGERS, _NO_FLOATS, _NO_FLOATS) if inside is None else (inside.start, inside.high, inside.low)),
        atr,
        np.array((*execution.rules(optimistic=backtest.optimistic), *SIDES[backtest.direction])),
        backtest.start_bar,
        float(backtest.initial_equity),
    )


def _sizes(size: FloatArray | float, n: int) -> FloatArray:
    sizes = np.ascontiguousarray(size, np.float64) if isinstance(size, np.ndarray) else np.array([size], np.float64)
    if sizes.ndim != 1 or (isinstance(size, np.ndarray) and len(sizes) != n):
        raise InvalidParameterError("Sizing needs one fraction, or one per bar.", field="size", bars=n)
    if _outside(sizes, 0.0, 1.0):
        raise InvalidParameterError(
            "A size lies outside [0, 1] or is not a number.",
            hint="Sizes are fractions of equity; give 0 where none is known yet.",
            field="size",
        )
    return sizes


def _atr(backtest: Backtest, execution: Execution) -> FloatArray:
    if not execution.has_atr_stops:
        return _NO_FLOATS
    if backtest.average_true_range is None:
        raise InvalidParameterError(
            "Stops in multiples of the average true range need it.",
            hint="Give Backtest its average_true_range, one value per bar.",
            field="average_true_range",
        )
    return np.ascontiguousarray(backtest.average_true_range, np.float64)


def _known_sizes(sizes: FloatArray, atr: FloatArray) -> FloatArray:
    """Size 0 where the average true range is not known."""
    unknown = np.isnan(atr)
    return np.where(unknown, 0.0, sizes) if unknown.any() else sizes


def _outside(values: FloatArray, low: float, high: float) -> int:
    """How many values are not in [low, high] or not numbers, in one pass."""
    return int(bar_engine.count_outside(values.data if _interpreted() else values, low, high))


def _interpreted() -> bool:
    """Whether the kernel runs uncompiled; then it reads plain numbers through memoryviews, three times faster."""
    return str(bar_engine.__file__).endswith(".py")


def _check_market(bars: Bars, execution: Execution, start_bar: int) -> None:
    unknown = _outside(bars.volume[start_bar:], -np.inf, np.inf) if execution.needs_volume else 0
    if unknown:
        raise InsufficientDataError(
            "The exchange does not say the volume of some bars, and fills are limited by it.",
            hint="Set max_participation and impact_bps to 0, or choose a range or an exchange with volumes.",
            field="max_participation",
            bars=unknown,
        )
    if execution.tick_size:
        worst = 1.0 - (execution.slippage_bps + execution.impact_bps * execution.max_participation) / 10_000.0
        cheapest = float(min(bars.open[start_bar:].min(), bars.low[start_bar:].min())) * worst
        if cheapest < execution.tick_size:
            raise InvalidParameterError(
                f"A tick of {execution.tick_size} rounds a price of {cheapest:.12g} down to 0.",
                hint="Give the tick size of this market, or 0.",
                field="tick_size",
            )


def _run(inputs: tuple[Any, ...], records: _Records) -> tuple[FloatArray, FloatArray]:
    """Call the kernel."""
    row, final_state = np.empty(COLUMN.width), np.empty(FINAL.width)
    arguments = (*inputs, row, final_state, records is not _NO_RECORDS, *records)
    if _interpreted():
        arguments = tuple(value.data if isinstance(value, np.ndarray) else value for value in arguments)
    bar_engine.run_bars(*arguments)
    return row, final_state


def _fills(records: _Records) -> tuple[Fill, ...]:
    return tuple(
        Fill(bar, FILL_PHASES[phase], change, held, price, fee, slippage, REASONS[reason])
        for (bar, phase, reason), (change, held, price, fee, slippage) in zip(
            records.fill_codes.tolist(), records.fill_numbers.tolist(), strict=True
        )
    )
