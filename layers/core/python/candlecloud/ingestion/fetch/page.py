"""Validation of one page: which rows are of the wanted series and window, and what is wrong with the others.

A page that is empty, short, late, reversed, repeated or off the grid says something about one window only. Anomalies
are counted here; what to do about them is the pager's business. All that a fetch knows of a row but its key time
stands here too: which prices may follow each other, and what may be a restatement; its validation is the dataset's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeAlias

from candlecloud.exchange.client import Page
from candlecloud.exchange.rows import ReadRows, read_rows
from candlecloud.exchange.venue_profile import RowsEndpoint, VenueProfile
from candlecloud.market.dataset import Dataset
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Instrument

AnyDataset: TypeAlias = Dataset[Any, Any]
AnyRow: TypeAlias = tuple[Any, ...]

# Rows that follow each other can't begin that many times higher or lower than the last one ended: another market.
LARGEST_JUMP = 3.0
# The same, for rows with unknown ones between them.
LARGEST_LEAP = 10.0
# The prices of a restated row may differ this much from what was said before.
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
    good : mapping of int to tuple
        Final, valid rows of `asked`, by key time, in order.
    bad : tuple of BadRows
        For quarantine.
    bad_times : frozenset of int
        Key times of bad rows, as far as they can be read.
    unreadable : int
        Bad rows without a time: they may stand for any row.
    anomalies : Counter
        What was odd, by name.
    payload_hash : str
    received : int
        Rows in the answer, whatever became of them.
    """

    asked: TimeRange
    good: Mapping[int, AnyRow]
    bad: tuple[BadRows, ...]
    bad_times: frozenset[int]
    unreadable: int
    anomalies: Counter[str]
    payload_hash: str
    received: int

    @property
    def is_odd(self) -> bool:
        """Whether something in it was not what was asked for, so that asking again may help."""
        return bool(self.bad)

    def within(self, window: TimeRange) -> list[AnyRow]:
        """Good rows of `window`, in order."""
        return [row for time, row in self.good.items() if window.start <= time < window.end]


@dataclass
class _Sorting:
    good: dict[int, AnyRow] = field(default_factory=dict)
    bad: dict[str, list[Any]] = field(default_factory=dict)
    bad_times: set[int] = field(default_factory=set)
    anomalies: Counter[str] = field(default_factory=Counter)

    def reject(self, reason: str, time: int | None, row: Any) -> None:
        self.bad.setdefault(reason, []).append(row)
        self.anomalies[reason] += 1
        if time is not None:
            self.bad_times.add(time)


def validate_page(
    page: Page, profile: VenueProfile, dataset: AnyDataset, series: Instrument, *, closed_before: int, now: int
) -> PageResult:
    """Sort the rows of a page into good and bad ones.

    Parameters
    ----------
    closed_before : int
        The exchange's time less the settle lag, ms UTC.
    now : int
        The exchange's time, ms UTC.
    """
    sorting = _Sorting()
    endpoint = profile.endpoint(dataset.name)
    read = read_rows(page.rows, endpoint.layout, series)
    unreadable = 0
    if page.market_key is not None and not profile.names_market(page.market_key, series.symbol):
        for row in (*read.raw, *(bad.row for bad in read.bad)):
            sorting.reject("wrong_symbol", None, row)
        unreadable = len(page.rows)
    else:
        for bad in read.bad:
            sorting.reject(bad.reason, bad.time, bad.row)
            unreadable += bad.time is None
        asked = page.asked
        if endpoint.end_param is None:  # the venue answers with all since the start
            asked = TimeRange(asked.start, max(asked.end, closed_before))
        _sort_rows(read, asked, dataset, series, sorting, closed_before=closed_before, now=now)
    _note_order(read, endpoint, sorting.anomalies)
    return PageResult(
        page.asked,
        dict(sorted(sorting.good.items())),
        tuple(BadRows(reason, rows) for reason, rows in sorting.bad.items()),
        frozenset(sorting.bad_times),
        unreadable,
        sorting.anomalies,
        page.payload_hash,
        len(page.rows),
    )


def _sort_rows(
    read: ReadRows,
    asked: TimeRange,
    dataset: AnyDataset,
    series: Instrument,
    sorting: _Sorting,
    *,
    closed_before: int,
    now: int,
) -> None:
    good = sorting.good
    # How a venue reads its bounds differs by one row from what it says; those two are left out without a word.
    edges = (asked.start - (dataset.step(series) or 1), asked.end)
    conflicting: set[int] = set()
    for row, raw in zip(read.rows, read.raw, strict=True):
        time = row[0]
        reason = dataset.refusal(row, series, wanted=asked, closed_before=closed_before, now=now)
        if reason is None:
            if time in good:
                sorting.anomalies["duplicate_row"] += 1
                if good[time] != row:
                    conflicting.add(time)
                    sorting.reject("malformed", time, raw)
            good[time] = row
        elif reason == "not_closed":  # not a bad row, only an early one; it comes again when it is final
            sorting.anomalies["running_candle"] += 1
        elif reason != "out_of_range" or time not in edges:
            sorting.reject(reason, time, raw)
    for time in conflicting:  # two different rows for one key time: neither is believed
        del good[time]


def _note_order(read: ReadRows, endpoint: RowsEndpoint, anomalies: Counter[str]) -> None:
    if not (read.rows or read.bad):
        anomalies["empty_page"] += 1
        return
    times = [row[0] for row in read.rows]
    if len(times) > 1 and times != sorted(times, reverse=endpoint.order == "newest_first"):
        anomalies["reversed_page"] += 1


def find_jumps(dataset: AnyDataset, rows: list[AnyRow], step: int) -> list[int]:
    """Key times of all rows that can't follow the one just before them; none where the dataset has no prices."""
    if not dataset.prices:
        return []
    return [
        after[0]
        for before, after in pairwise(rows)
        if after[0] - before[0] == step and not _follows(dataset, before, after, LARGEST_JUMP)
    ]


def find_leap(dataset: AnyDataset, rows: list[AnyRow]) -> int | None:
    """Key time of the first row whose price is far from the one before it, however long ago that was.

    It happens: a name that was delisted and given to another coin. Then reference prices have to confirm it.
    """
    for before, after in pairwise(rows):
        if not _follows(dataset, before, after, LARGEST_LEAP):
            return int(after[0])
    return None


def _follows(dataset: AnyDataset, before: AnyRow, after: AnyRow, most: float) -> bool:
    """Whether the first price of a row is near the last one of the row before."""
    last, first = dataset.prices_of(before)[-1:], dataset.prices_of(after)[:1]
    return not (last and first) or 1 / most < last[0] / first[0] < most


def is_restatement(dataset: AnyDataset, one: AnyRow, other: AnyRow) -> bool:
    """Whether two different rows may be about the same moment, one of them restated: by their prices, if any."""
    pairs = zip(dataset.prices_of(one), dataset.prices_of(other), strict=False)
    return all(abs(a / b - 1) <= LARGEST_RESTATEMENT for a, b in pairs)
