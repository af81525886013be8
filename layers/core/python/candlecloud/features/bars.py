"""Bars: the candles of a run as arrays, prices also as integer ticks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.errors import CorruptObjectError, InvalidRangeError

_MAX_SCALE = 12
_MAX_TICKS = 2**53  # up to here every integer is a float64, and ticks / 10**scale is the price, bit for bit


@dataclass(frozen=True)
class Bars:
    """One series, one entry per candle that exists; an absent candle has no bar.

    Attributes
    ----------
    open_time, close_time : IntArray
        ms UTC, strictly increasing.
    open, high, low, close : FloatArray
        Quote currency per unit of the base asset.
    volume : FloatArray
        Base asset; NaN where the exchange does not say.
    scale : int
        Decimals of a price: ``ticks = price * 10**scale``, exactly.
    close_tick_sums : IntArray, one longer than the bars
        Running sums of the closes in ticks. Only differences mean something: entry t + w less entry t is the sum of
        the w closes from bar t on, as long as that sum fits 64 bits (the running sum itself may wrap).
    """

    open_time: IntArray
    close_time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    scale: int
    close_tick_sums: IntArray

    def __len__(self) -> int:
        return len(self.open_time)

    @cached_property
    def close_ticks(self) -> IntArray:
        """Closes in ticks."""
        return np.diff(self.close_tick_sums)

    @cached_property
    def highest_ticks(self) -> int:
        """Highest close in ticks; there must be one."""
        return int(self.close_ticks.max())

    @cached_property
    def close_range(self) -> int:
        """Highest close less the lowest, in ticks; there must be one."""
        return self.highest_ticks - int(self.close_ticks.min())

    @cached_property
    def close_square_sums(self) -> IntArray:
        """Running sums of squared closes in ticks, one longer than the bars; they may wrap, as those of closes."""
        return prefix_sums(self.close_ticks * self.close_ticks)

    @cached_property
    def open_ticks(self) -> IntArray:
        """Opens in ticks."""
        return to_ticks(self.open, self.scale)

    @cached_property
    def high_ticks(self) -> IntArray:
        """Highs in ticks."""
        return to_ticks(self.high, self.scale)

    @cached_property
    def low_ticks(self) -> IntArray:
        """Lows in ticks."""
        return to_ticks(self.low, self.scale)

    @property
    def timeframe_ms(self) -> int:
        """Length of a bar; there must be one."""
        return int(self.close_time[0] - self.open_time[0])

    def index_of(self, time_ms: int) -> int:
        """Number of the first bar that opens at or after a time."""
        return int(np.searchsorted(self.open_time, time_ms))

    def since(self, time_ms: int) -> Bars:
        """The bars that open at or after a time, without copying."""
        return self.from_bar(self.index_of(time_ms))

    def from_bar(self, k: int) -> Bars:
        """The bars from number `k` on, without copying."""
        return self._part(slice(k, None))

    def until_bar(self, k: int) -> Bars:
        """The first `k` bars, without copying."""
        return self._part(slice(0, k))

    def _part(self, bars: slice) -> Bars:
        return Bars(
            self.open_time[bars],
            self.close_time[bars],
            self.open[bars],
            self.high[bars],
            self.low[bars],
            self.close[bars],
            self.volume[bars],
            self.scale,
            self.close_tick_sums[bars.start : None if bars.stop is None else bars.stop + 1],
        )

    @cached_property
    def traded(self) -> IntArray:
        """Numbers of the bars that fill orders: all but those whose base volume is known to be zero."""
        return np.flatnonzero(self.volume != 0.0)


def bars_from_table(table: pa.Table, scale: int | None = None) -> Bars:
    """Read bars from candles.

    Parameters
    ----------
    table : pyarrow.Table
        ``open_time, close_time, open, high, low, close, volume_base``, one row per open time, ascending.
    scale : int, optional
        Decimals of a price; found from the prices when left out.

    Raises
    ------
    InvalidRangeError
        If the open times are not strictly increasing.
    CorruptObjectError
        If a price is not a decimal number of `scale` (at most 12) places.
    """
    open_time, close_time = _times(table, "open_time"), _times(table, "close_time")
    if np.any(np.diff(open_time) <= 0):
        raise InvalidRangeError("Bars need one candle per open time, in order; read the current or an as_of view.")
    prices = {name: _floats(table, name) for name in ("open", "high", "low", "close")}
    scale = price_scale(prices.values()) if scale is None else scale
    return Bars(
        open_time=open_time,
        close_time=close_time,
        **prices,
        volume=_floats(table, "volume_base"),
        scale=scale,
        close_tick_sums=prefix_sums(to_ticks(prices["close"], scale)),
    )


def price_scale(prices: Iterable[FloatArray]) -> int:
    """Smallest number of decimals that writes every price exactly.

    Raises
    ------
    CorruptObjectError
        If there is none up to 12.
    """
    scale = 0
    for column in prices:
        while not _is_exact(column, scale):
            scale += 1
            if scale > _MAX_SCALE:
                raise CorruptObjectError(f"Prices have more than {_MAX_SCALE} decimals or too many digits.")
    return scale


def to_ticks(prices: FloatArray, scale: int) -> IntArray:
    """Prices as whole numbers of ``10**-scale``.

    Raises
    ------
    CorruptObjectError
        If a price is not such a number.
    """
    if not _is_exact(prices, scale):
        raise CorruptObjectError(f"A price is not a decimal number of {scale} places.", scale=scale)
    return np.rint(prices * 10.0**scale).astype(np.int64)


def prefix_sums(values: IntArray) -> IntArray:
    """Sums of the first 0, 1, ..., n values."""
    sums = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


def _is_exact(prices: FloatArray, scale: int) -> bool:
    unit = 10.0**scale
    ticks = np.rint(prices * unit)
    return bool(np.all(ticks / unit == prices) and (not len(ticks) or ticks.max() <= _MAX_TICKS))


def _times(table: pa.Table, name: str) -> IntArray:
    return np.asarray(table.column(name).cast(pa.int64()).to_numpy(), np.int64)


def _floats(table: pa.Table, name: str) -> FloatArray:
    return np.ascontiguousarray(table.column(name).to_numpy(), np.float64)
