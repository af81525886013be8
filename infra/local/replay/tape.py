"""What a venue can show of one symbol at a given moment: closed candles, and the running one without its future."""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from infra.local.replay.aggregate import aggregate
from infra.local.replay.recorded import STEP_MS, Columns, Recordings, Scales

Window = tuple[int, int]  # half-open range of open times, ms UTC


class Row(NamedTuple):
    """One candle as the venue shows it; prices and volumes are scaled integers (a float only where a fault says NaN).

    ``close_time`` is the venue's own: the last ms of the interval, or earlier when the venue closed it early.
    """

    open_time: int
    close_time: int
    open: float
    high: float
    low: float
    close: float
    volume_base: int
    volume_quote: int | None
    trades: int | None
    closed: bool = True


class Tape:
    """All recordings of one symbol at one venue; coarser timeframes are added up on first use."""

    def __init__(self, recordings: Recordings, venue: str, market: str, symbol: str) -> None:
        self.venue, self.market, self.symbol = venue, market, symbol
        self._recordings = recordings
        entries = recordings.select("candles", venue=venue, market=market, symbol=symbol)
        self.native: dict[int, dict[str, Any]] = {STEP_MS[entry["timeframe"]]: entry for entry in entries}
        self._kept: dict[int, Columns] = {}
        self._lock = threading.Lock()

    def columns(self, step: int) -> Columns | None:
        """Return the series of a step in ms, recorded or added up, or None where nothing finer divides it."""
        if step in self.native:
            return self._recordings.candles(self.native[step])
        finer = max((known for known in self.native if step % known == 0 and known < step), default=None)
        if finer is None:
            return None
        with self._lock:
            if step not in self._kept:
                self._kept[step] = aggregate(self._recordings.candles(self.native[finer]), step)
            return self._kept[step]

    def scales(self, step: int) -> Scales:
        columns = self.columns(step)
        return columns.scales if columns else Scales(0, 0, 0)

    def page(
        self,
        step: int,
        now: int,
        *,
        start: int | None,
        end: int | None,
        limit: int,
        newest: bool,
        hidden: Sequence[Window] = (),
    ) -> list[Row]:
        """Return up to ``limit`` candles with ``start <= open_time <= end``, oldest first, as seen at ``now``.

        ``newest`` takes them from the end of the range, else from its start. Hidden windows are passed over as a
        venue's own hole would be: the page fills up beyond them.
        """
        columns = self.columns(step)
        if columns is None:
            return []
        low = 0 if start is None else bisect_left(columns.open_time, start)
        high = bisect_right(columns.open_time, now if end is None else min(end, now))
        if high > columns.complete and now >= columns.open_time[columns.complete] + step:
            high = columns.complete
        chosen = visible_indexes(columns, range(low, high), limit, newest, hidden)
        return [self.row(columns, index, now) for index in chosen]

    def row(self, columns: Columns, index: int, now: int) -> Row:
        """Return one candle as seen at ``now``."""
        if columns.open_time[index] + columns.step > now:
            return self.running(columns, index, now)
        quote, trades = columns.volume_quote, columns.trades
        return Row(
            columns.open_time[index],
            columns.close_time[index],
            columns.open[index],
            columns.high[index],
            columns.low[index],
            columns.close[index],
            columns.volume_base[index],
            None if quote is None else quote[index],
            None if trades is None else trades[index],
        )

    def running(self, columns: Columns, index: int, now: int) -> Row:
        """Return what may be known at ``now`` of a candle that is not closed yet.

        Recorded finer candles up to now are added up; where there are none the candle is what it is at its first
        moment: every price the recorded open, nothing traded. Its own high, low, close and volumes are never read.
        """
        at, first = columns.open_time[index], columns.open[index]
        last_ms = at + columns.step - 1
        parts = self.parts(columns, at, now)
        if not parts:
            no_quote, no_trades = columns.volume_quote is None, columns.trades is None
            flat = (first, first, first, first, 0, None if no_quote else 0, None if no_trades else 0)
            return Row(at, last_ms, *flat, closed=False)
        return Row(
            at,
            last_ms,
            first,
            max(part.high for part in parts),
            min(part.low for part in parts),
            parts[-1].close,
            sum(part.volume_base for part in parts),
            add_known(part.volume_quote for part in parts),
            add_known(part.trades for part in parts),
            closed=False,
        )

    def unsettled(self, step: int, open_time: int) -> Row:
        """Return a closed candle as it stood 1 ms before its close, yet called closed."""
        columns = self.columns(step)
        if columns is None:
            raise ValueError(f"{self.venue} {self.symbol} has no candles of {step} ms")
        index = bisect_left(columns.open_time, open_time)
        return self.running(columns, index, open_time + step - 1)._replace(closed=True)

    def parts(self, columns: Columns, at: int, now: int) -> list[Row]:
        """Return the finer candles, as seen at ``now``, that make up the running candle opened at ``at``."""
        finer_steps = [step for step in self.native if step < columns.step and columns.step % step == 0]
        for step in sorted(finer_steps, reverse=True):
            finer = self._recordings.candles(self.native[step])
            if finer.open_time[0] <= at and finer.scales[:2] == columns.scales[:2]:
                return self.page(step, now, start=at, end=now, limit=columns.step // step, newest=False)
        return []


def visible_indexes(columns: Columns, span: range, limit: int, newest: bool, hidden: Sequence[Window]) -> Sequence[int]:
    """Return the ascending row numbers of one page out of a span of rows."""
    if not hidden:
        return span[-limit:] if newest else span[:limit]
    chosen: list[int] = []
    for index in reversed(span) if newest else span:
        if len(chosen) == limit:
            break
        if not in_windows(columns.open_time[index], hidden):
            chosen.append(index)
    return chosen[::-1] if newest else chosen


def in_windows(at: int, windows: Iterable[Window]) -> bool:
    return any(start <= at < end for start, end in windows)


def add_known(values: Iterable[int | None]) -> int | None:
    """Return the sum, or None when one of the values is unknown."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total
