"""Signals under test: their values as bits, on a place in the bars and on other bars that begin alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.errors import LookAheadError
from candlecloud.features.bars import Bars
from candlecloud.market.instant import iso
from candlecloud.strategies.look_ahead.garbage import part


@dataclass(frozen=True)
class SignalUnderTest:
    """Something that decides: a feature, the targets, the sizes.

    Attributes
    ----------
    compute : callable
        Bars to one number per bar; a feature of many outputs gives a row for each.
    """

    name: str
    compute: Callable[[Bars], FloatArray]


class Place:
    """A stretch of the bars, and what each signal says when it is given no others.

    Parameters
    ----------
    first, last : int
        The stretch is ``bars[first:last]``.
    """

    def __init__(self, bars: Bars, first: int, last: int, signals: Sequence[SignalUnderTest]) -> None:
        self.first = first
        self.real = part(bars, first, last)
        self.signals = signals
        self.values = [self.evaluate(signal, self.real) for signal in signals]
        self._bits = [bits(values) for values in self.values]

    def evaluate(self, signal: SignalUnderTest, bars: Bars) -> FloatArray:
        """A row of values per output.

        Raises
        ------
        LookAheadError
            If there is not one value per bar: it answers for other bars than it was given.
        """
        values = np.atleast_2d(np.ascontiguousarray(signal.compute(bars), np.float64))
        if values.shape[-1] != len(bars):
            raise LookAheadError(
                f"{signal.name} gave {values.shape[-1]} values for {len(bars)} bars.",
                hint="Return one value per bar that is given, made of these bars; keep no values from call to call.",
                signal=signal.name,
            )
        return values

    def check_all(self, other: Bars, cut: int) -> None:
        """Hold every signal on other bars, which are the same before the cut, against what it says here.

        Raises
        ------
        LookAheadError
            Of the first signal that moved, or that fails on the other bars.
        """
        for number in range(len(self.signals)):
            self.check(number, other, cut)

    def check(self, number: int, other: Bars, cut: int) -> None:
        """The same of one signal."""
        signal = self.signals[number]
        try:
            values = self.evaluate(signal, other)
        except (LookupError, ValueError, ArithmeticError) as error:
            raise LookAheadError(
                f"{signal.name} has values on the real bars and fails on others that begin alike: {error!r:.200}.",
                hint="Values that are looked up by time exist for the real bars alone. Compute from the given bars.",
                signal=signal.name,
            ) from error
        got = bits(values)[:, :cut]
        wanted = self._bits[number][:, :cut]
        moved = np.flatnonzero((wanted != got).any(axis=0))
        if len(moved):
            self._accuse(signal, int(moved[0]), cut)

    def changes(self, number: int) -> IntArray:
        """Bars at which any value of a signal differs from that of the bar before."""
        each = self._bits[number]
        return np.flatnonzero((each[:, 1:] != each[:, :-1]).any(axis=0)) + 1

    def _accuse(self, signal: SignalUnderTest, bar: int, cut: int) -> None:
        closed = iso(int(self.real.close_time[bar]))
        raise LookAheadError(
            f"{signal.name} looked ahead: its value at the bar that closed at {closed} moved when later bars were "
            f"replaced or left out.",
            signal=signal.name,
            bar=self.first + bar,
            close_time=closed,
            bars_ahead=cut - bar,
        )


def bits(values: FloatArray) -> IntArray:
    """Floats as their bits, so that NaN equals NaN (whatever its sign) and nothing else passes for equal."""
    return np.where(np.isnan(values), np.nan, values).view(np.int64)
