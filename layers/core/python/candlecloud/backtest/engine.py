"""The engine: a target position in, one row of statistics or the whole simulation out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.finer import FineBars
from candlecloud.backtest.kernels import bar_engine
from candlecloud.backtest.orders import MOMENTS, REASONS, REFUSALS, SIDES, Direction, Fill, check_target
from candlecloud.backtest.simulation import Simulation
from candlecloud.errors import InsufficientDataError, InvalidParameterError
from candlecloud.features.bars import Bars
from candlecloud.metrics.tallies import COLUMNS, Tallies

_NO_FLOATS = np.empty(0)
_NO_INTEGERS = np.empty(0, np.int64)
_LARGEST = np.finfo(np.float64).max
_CAPPED = 4  # the note of a fill that the participation cap cut short


class _Records(NamedTuple):
    """What the kernel writes when it records, sized by the row of a pass before."""

    equity: FloatArray
    fill_codes: Any
    fill_numbers: Any
    profits: FloatArray
    notes: Any

    @classmethod
    def sized(cls, tallies: Tallies, n_bars: int) -> _Records:
        n_fills, n_notes = int(tallies.n_fills), int(tallies.refused_orders + tallies.capped_fills)
        return cls(
            np.empty(n_bars),
            np.empty((n_fills, 3), np.int64),
            np.empty((n_fills, 5)),
            np.empty(int(tallies.n_trades)),
            np.empty((n_notes, 2), np.int64),
        )


_NO_RECORDS = _Records.sized(Tallies(0.0), 0)


def simulate(
    bars: Bars,
    target: FloatArray,
    execution: Execution,
    *,
    initial_equity: float,
    direction: Direction = "long",
    first: int = 0,
    size: FloatArray | float = 1.0,
    funding: FloatArray | None = None,
    fine: FineBars | None = None,
    optimistic: bool = False,
) -> Simulation:
    """Trade a target position and record every fill and close.

    Parameters
    ----------
    bars : Bars
        At least ``first + 1``.
    target : FloatArray, as long as the bars
        Wanted position after each close, in [-1, 1] times equity.
    execution : Execution
        Costs, stops, limits and market rules.
    initial_equity : float
        Quote currency, above zero.
    direction : {'long', 'short', 'both'}
        Sides that are taken; the other one counts as flat.
    first : int
        First bar that can fill and that equity is marked on; bars before it only warm up.
    size : FloatArray, as long as the bars, or float
        The sizing model's fraction at each close, in [0, 1]; it multiplies the target.
    funding : FloatArray, as long as the bars, or None
        Rate that a position held at the bar's close pays (a short receives it), as a fraction of its value.
    fine : FineBars or None
        Finer candles, asked which came first where a bar holds both stop and target.
    optimistic : bool
        Where they do not say: the target first. Otherwise the stop.

    Raises
    ------
    InvalidParameterError
        If lengths do not match, no bar is left, or a number is out of its bounds.
    InsufficientDataError
        If a volume is unknown and fills depend on it.
    """
    inputs = _inputs(
        bars, target, execution, initial_equity, direction, first, size, funding, fine, optimistic=optimistic
    )
    row, _ = _run(inputs, _NO_RECORDS)
    records = _Records.sized(Tallies.from_row(row), len(bars) - first)
    row, left = _run(inputs, records)
    cash, quantity, asked, weight, resume, waits = left.tolist()
    tallies = Tallies.from_row(row)
    last = 0.0 if len(bars) - 1 < resume else float(np.clip(target[-1], *SIDES[direction]))
    waiting = last if last != asked else None
    if waiting is None and waits and (quantity or weight):
        waiting = asked if weight else 0.0
    return Simulation(
        bars=bars,
        first=first,
        initial_equity=initial_equity,
        statistics=row,
        equity=records.equity,
        fills=_fills(records),
        profits=tuple(records.profits.tolist()),
        cash=cash,
        quantity=quantity,
        waiting_target=None if tallies.ruined else waiting,
        ruined=bool(tallies.ruined),
        refused=tuple((bar, REFUSALS[code]) for bar, code in records.notes.tolist() if code != _CAPPED),
        capped=tuple(bar for bar, code in records.notes.tolist() if code == _CAPPED),
        funding=funding,
    )


def statistics_of_target(
    bars: Bars,
    target: FloatArray,
    execution: Execution,
    *,
    initial_equity: float,
    direction: Direction = "long",
    first: int = 0,
    size: FloatArray | float = 1.0,
    funding: FloatArray | None = None,
    fine: FineBars | None = None,
    optimistic: bool = False,
) -> FloatArray:
    """The row of statistics alone, as a sweep needs it: bit for bit that of `simulate`, whose arguments these are.

    Returns
    -------
    FloatArray
        `candlecloud.metrics.tallies.COLUMNS`.
    """
    inputs = _inputs(
        bars, target, execution, initial_equity, direction, first, size, funding, fine, optimistic=optimistic
    )
    return _run(inputs, _NO_RECORDS)[0]


def _inputs(
    bars: Bars,
    target: FloatArray,
    execution: Execution,
    initial_equity: float,
    direction: Direction,
    first: int,
    size: FloatArray | float,
    funding: FloatArray | None,
    fine: FineBars | None,
    *,
    optimistic: bool,
) -> tuple[Any, ...]:
    """Check everything; the kernel's arguments up to the row."""
    n = len(bars)
    if len(target) != n or not 0 <= first < n or not 0.0 < initial_equity < np.inf:
        raise InvalidParameterError(
            "A simulation needs one target per bar, a bar to start at, and equity above zero.",
            bars=n,
            targets=len(target),
            first=first,
            initial_equity=initial_equity,
        )
    if funding is not None and (len(funding) != n or _outside(funding, -_LARGEST, _LARGEST)):
        raise InvalidParameterError(
            "Funding needs one finite rate per bar.", hint="0 where none is due.", field="funding", bars=n
        )
    if fine is not None and len(fine.start) != n + 1:
        raise InvalidParameterError(
            "The finer candles belong to other bars.", hint="Make them by fine_bars(bars, finer).", field="fine"
        )
    wanted = np.ascontiguousarray(target, np.float64)
    if _outside(wanted, -1.0, 1.0):
        check_target(wanted)
    _check_market(bars, execution, first)
    return (
        *(bars.open, bars.high, bars.low, bars.close, bars.volume),
        wanted,
        _sizes(size, n),
        _NO_FLOATS if funding is None else np.ascontiguousarray(funding, np.float64),
        *((_NO_INTEGERS, _NO_FLOATS, _NO_FLOATS) if fine is None else (fine.start, fine.high, fine.low)),
        np.array((*execution.rules(optimistic=optimistic), *SIDES[direction])),
        first,
        float(initial_equity),
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


def _outside(values: FloatArray, low: float, high: float) -> int:
    """How many values are not in [low, high] or not numbers, in one pass."""
    return int(bar_engine.count_outside(values.data if _interpreted() else values, low, high))


def _interpreted() -> bool:
    """Whether the kernel runs uncompiled; then it reads plain numbers through memoryviews, three times faster."""
    return str(bar_engine.__file__).endswith(".py")


def _check_market(bars: Bars, execution: Execution, first: int) -> None:
    unknown = _outside(bars.volume[first:], -np.inf, np.inf) if execution.needs_volume else 0
    if unknown:
        raise InsufficientDataError(
            "The exchange does not say the volume of some bars, and fills are limited by it.",
            hint="Set max_participation and impact_bps to 0, or choose a range or an exchange with volumes.",
            field="max_participation",
            bars=unknown,
        )
    if execution.tick_size:
        worst = 1.0 - (execution.slippage_bps + execution.impact_bps * execution.max_participation) / 10_000.0
        cheapest = float(min(bars.open[first:].min(), bars.low[first:].min())) * worst
        if cheapest < execution.tick_size:
            raise InvalidParameterError(
                f"A tick of {execution.tick_size} rounds a price of {cheapest:.12g} down to 0.",
                hint="Give the tick size of this market, or 0.",
                field="tick_size",
            )


def _run(inputs: tuple[Any, ...], records: _Records) -> tuple[FloatArray, FloatArray]:
    """Call the kernel."""
    row, left = np.empty(len(COLUMNS)), np.empty(6)
    arguments = (*inputs, row, left, records is not _NO_RECORDS, *records)
    if _interpreted():
        arguments = tuple(value.data if isinstance(value, np.ndarray) else value for value in arguments)
    bar_engine.run_path(*arguments)
    return row, left


def _fills(records: _Records) -> tuple[Fill, ...]:
    return tuple(
        Fill(bar, MOMENTS[moment], change, held, price, fee, slippage, REASONS[reason])
        for (bar, moment, reason), (change, held, price, fee, slippage) in zip(
            records.fill_codes.tolist(), records.fill_numbers.tolist(), strict=True
        )
    )
