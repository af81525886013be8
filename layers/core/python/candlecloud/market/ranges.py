"""Half-open time ranges in ms UTC, and sets of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from candlecloud.errors import InvalidRangeError


@dataclass(frozen=True, order=True)
class TimeRange:
    """The half-open interval ``[start, end)``.

    Raises
    ------
    InvalidRangeError
        If the end lies before the start.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise InvalidRangeError("The range ends before it starts.", start=self.start, end=self.end)

    @property
    def duration(self) -> int:
        """Length in ms."""
        return self.end - self.start

    def contains(self, time_ms: int) -> bool:
        return self.start <= time_ms < self.end

    def intersect(self, other: TimeRange) -> TimeRange:
        """The common part; empty (start = end) where there is none."""
        start = max(self.start, other.start)
        return TimeRange(start, max(start, min(self.end, other.end)))

    def __bool__(self) -> bool:
        return self.end > self.start


class IntervalSet:
    """An immutable set of instants, held as sorted, disjoint, non-touching ranges."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Iterable[TimeRange] = ()) -> None:
        merged: list[TimeRange] = []
        for item in sorted(r for r in ranges if r):
            if merged and item.start <= merged[-1].end:
                if item.end > merged[-1].end:
                    merged[-1] = TimeRange(merged[-1].start, item.end)
            else:
                merged.append(item)
        self._ranges = tuple(merged)

    @classmethod
    def from_grid(cls, open_times: Iterable[int], step: int) -> IntervalSet:
        """The time covered by candles of length `step` ms that open at `open_times` (in any order)."""
        runs: list[TimeRange] = []
        start: int | None = None
        end = 0
        for open_time in sorted(open_times):
            if start is not None and open_time <= end:
                end = max(end, open_time + step)
                continue
            if start is not None:
                runs.append(TimeRange(start, end))
            start, end = open_time, open_time + step
        if start is not None:
            runs.append(TimeRange(start, end))
        return cls(runs)

    def union(self, other: IntervalSet) -> IntervalSet:
        return IntervalSet((*self._ranges, *other._ranges))

    def difference(self, other: IntervalSet) -> IntervalSet:
        """What is in this set and not in the other."""
        left: list[TimeRange] = []
        holes = other._ranges
        first = 0
        for item in self._ranges:
            start = item.start
            while first < len(holes) and holes[first].end <= start:
                first += 1
            for hole in holes[first:]:
                if hole.start >= item.end:
                    break
                if hole.start > start:
                    left.append(TimeRange(start, hole.start))
                start = max(start, hole.end)
            if start < item.end:
                left.append(TimeRange(start, item.end))
        return IntervalSet(left)

    def intersection(self, other: IntervalSet) -> IntervalSet:
        return self.difference(self.difference(other))

    def contains(self, time_ms: int) -> bool:
        return any(item.contains(time_ms) for item in self._ranges)

    @property
    def total(self) -> int:
        """Sum of the lengths, in ms."""
        return sum(item.duration for item in self._ranges)

    def __iter__(self) -> Iterator[TimeRange]:
        return iter(self._ranges)

    def __len__(self) -> int:
        return len(self._ranges)

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IntervalSet) and self._ranges == other._ranges

    def __hash__(self) -> int:
        return hash(self._ranges)

    def __repr__(self) -> str:
        return f"IntervalSet({list(self._ranges)!r})"
