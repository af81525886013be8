"""Validation of one page: which rows are candles of the wanted window, and what is wrong with the others.

A page that is empty, short, late, reversed, repeated or off the grid says something about one window only. Anomalies
are counted here; what to do about them is the pager's business. All that a fetch knows of a row but its open time
stands here too: how it is read, and what may be a restatement; its validation is that of the dataset.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from candlecloud.exchange.client import Page
from candlecloud.exchange.rows import ReadRows, read_rows
from candlecloud.exchange.venue_profile import VenueProfile
from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series

# Candles that follow each other can't open that many times higher or lower than the last one closed: another market.
LARGEST_JUMP = 3.0
# The same, for candles with unknown ones between them.
LARGEST_LEAP = 10.0
# A restated candle may differ this much from what was said before.
LARGEST_RESTATEMENT = 0.05


@dataclass(frozen=True)
class BadRows:
    """Rows of one page that share a reason."""

    reason: str
    rows: list[Any]


@dataclass(frozen=True)
class PageResult:
    """One validated page.

    Attributes
    ----------
    asked : TimeRange
    good : mapping of int to Candle
        Closed, valid candles that open in `asked`, by open time, in order.
    bad : tuple of BadRows
        For quarantine.
    bad_times : frozenset of int
        Open times of bad rows, as far as they can be read.
    unreadable : int
        Bad rows without a time: they may stand for any candle.
    anomalies : Counter
        What was odd, by name.
    payload_hash : str
    """

    asked: TimeRange
    good: Mapping[int, Candle]
    bad: tuple[BadRows, ...]
    bad_times: frozenset[int]
    unreadable: int
    anomalies: Counter[str]
    payload_hash: str

    @property
    def is_odd(self) -> bool:
        """Whether something in it was not what was asked for, so that asking again may help."""
        return bool(self.bad)

    def within(self, window: TimeRange) -> list[Candle]:
        """Good candles that open in `window`, in order."""
        return [candle for time, candle in self.good.items() if window.start <= time < window.end]


@dataclass
class _Sorting:
    good: dict[int, Candle] = field(default_factory=dict)
    bad: dict[str, list[Any]] = field(default_factory=dict)
    bad_times: set[int] = field(default_factory=set)
    anomalies: Counter[str] = field(default_factory=Counter)

    def reject(self, reason: str, time: int | None, row: Any) -> None:
        self.bad.setdefault(reason, []).append(row)
        self.anomalies[reason] += 1
        if time is not None:
            self.bad_times.add(time)


def validate_page(page: Page, profile: VenueProfile, series: Series, *, closed_before: int, now: int) -> PageResult:
    """Sort the rows of a page into candles and bad rows.

    Parameters
    ----------
    closed_before : int
        The exchange's time less the settle lag, ms UTC.
    now : int
        The exchange's time, ms UTC.
    """
    sorting = _Sorting()
    read = read_rows(page.rows, profile.layout, series.timeframe)
    unreadable = 0
    if page.market_key is not None and not profile.names_market(page.market_key, series.symbol):
        for row in (*read.raw, *(bad.row for bad in read.bad)):
            sorting.reject("wrong_symbol", None, row)
        unreadable = len(page.rows)
    else:
        for bad in read.bad:
            sorting.reject(bad.reason, bad.open_time, bad.row)
            unreadable += bad.open_time is None
        asked = page.asked
        if profile.candles.end_param is None:  # the venue answers with all since the start
            asked = TimeRange(asked.start, max(asked.end, closed_before))
        _sort_candles(read, asked, series, sorting, closed_before, now)
    _note_order(read, profile, sorting.anomalies)
    return PageResult(
        page.asked,
        dict(sorted(sorting.good.items())),
        tuple(BadRows(reason, rows) for reason, rows in sorting.bad.items()),
        frozenset(sorting.bad_times),
        unreadable,
        sorting.anomalies,
        page.payload_hash,
    )


def _sort_candles(
    read: ReadRows, asked: TimeRange, series: Series, sorting: _Sorting, closed_before: int, now: int
) -> None:
    good = sorting.good
    # How a venue reads its bounds differs by one candle from what it says; those two are left out without a word.
    edges = (asked.start - series.timeframe.ms, asked.end)
    conflicting: set[int] = set()
    for candle, raw in zip(read.candles, read.raw, strict=True):
        time = candle.open_time
        reason = CANDLES.refusal(candle, series, wanted=asked, closed_before=closed_before, now=now)
        if reason is None:
            if time in good:
                sorting.anomalies["duplicate_row"] += 1
                if good[time] != candle:
                    conflicting.add(time)
                    sorting.reject("malformed", time, raw)
            good[time] = candle
        elif reason == "not_closed":  # not a bad row, only an early one; it comes again when it is final
            sorting.anomalies["running_candle"] += 1
        elif reason != "out_of_range" or time not in edges:
            sorting.reject(reason, time, raw)
    for time in conflicting:  # two different rows for one candle: neither is believed
        del good[time]


def _note_order(read: ReadRows, profile: VenueProfile, anomalies: Counter[str]) -> None:
    if not (read.candles or read.bad):
        anomalies["empty_page"] += 1
        return
    times = [candle.open_time for candle in read.candles]
    if len(times) > 1 and times != sorted(times, reverse=profile.order == "newest_first"):
        anomalies["reversed_page"] += 1


def find_jumps(candles: list[Candle], step: int) -> list[int]:
    """Open times of all candles that can't follow the one just before them."""
    return [
        after.open_time
        for before, after in pairwise(candles)
        if after.open_time - before.open_time == step and not _near(before.close, after.open, LARGEST_JUMP)
    ]


def find_leap(candles: list[Candle]) -> int | None:
    """Open time of the first candle whose price is far from the one before it, however long ago that was.

    It happens: a name that was delisted and given to another coin. Then reference prices have to confirm it.
    """
    for before, after in pairwise(candles):
        if not _near(before.close, after.open, LARGEST_LEAP):
            return after.open_time
    return None


def _near(price: float, other: float, most: float) -> bool:
    return 1 / most < price / other < most


def is_restatement(one: Candle, other: Candle) -> bool:
    """Whether two different rows may be about the same candle, one of them restated."""
    return all(abs(a / b - 1) <= LARGEST_RESTATEMENT for a, b in zip(one[1:5], other[1:5], strict=True))
