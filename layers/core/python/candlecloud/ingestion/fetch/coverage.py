"""The ledger of a fetch: every wanted interval ends up in exactly one column, and the columns add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from candlecloud.market.ranges import IntervalSet, TimeRange


@dataclass(frozen=True)
class Absence:
    """Rows that the exchange is proven not to have, and why we say so."""

    range: TimeRange
    cause: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class OpenHole:
    """Rows that did not come, without a proof that there are none."""

    range: TimeRange
    cause: str
    evidence: dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """A window that could not be asked for."""

    range: TimeRange
    code: str
    message: str


@dataclass(frozen=True)
class FetchReport:
    """What became of every wanted interval.

    ``present``, the ranges of ``absent``, ``open`` and ``failed``, and ``pending`` are disjoint, and together they are
    what was wanted.

    Attributes
    ----------
    present : IntervalSet
        Handed over as valid rows; where there is no grid, also what is proven to have no other rows.
    absent, open, failed : tuple
        In order of time.
    pending : IntervalSet
        Not decided before the deadline.
    rows, quarantined, requests : int
        Rows handed over, bad rows, answers received.
    anomalies : Counter
        What was odd about the pages, by name.
    listed_from : int, optional
        Key time of the first row ever, where it had to be asked.
    """

    wanted: IntervalSet
    present: IntervalSet
    absent: tuple[Absence, ...]
    open: tuple[OpenHole, ...]
    failed: tuple[Failure, ...]
    pending: IntervalSet
    rows: int = 0
    quarantined: int = 0
    requests: int = 0
    anomalies: Counter[str] = field(default_factory=Counter)
    listed_from: int | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every wanted interval is either present or proven absent."""
        return not (self.open or self.failed or self.pending)


@dataclass
class Coverage:
    """The ledger while it is being written."""

    wanted: IntervalSet
    present: IntervalSet = field(default_factory=IntervalSet)
    absent: list[Absence] = field(default_factory=list)
    open: list[OpenHole] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)

    def decided(self) -> IntervalSet:
        """Everything that stands in one of the columns."""
        return self.present.union(self._listed())

    def _listed(self) -> IntervalSet:
        return IntervalSet(entry.range for column in (self.absent, self.open, self.failed) for entry in column)

    def missing(self, window: TimeRange) -> IntervalSet:
        """Wanted intervals of a window that stand in no column."""
        return IntervalSet([window]).intersection(self.wanted).difference(self.decided())

    def mark_present(self, ranges: IntervalSet) -> None:
        self.present = self.present.union(ranges.intersection(self.wanted).difference(self._listed()))

    def mark(self, found: Absence | OpenHole) -> None:
        for part in self.missing(found.range):
            if isinstance(found, Absence):
                self.absent.append(replace(found, range=part))
            else:
                self.open.append(replace(found, range=part))

    def mark_failed(self, span: TimeRange, code: str, message: str) -> None:
        for part in self.missing(span):
            last = self.failed[-1] if self.failed else None
            if last is not None and (last.range.end, last.code) == (part.start, code):
                self.failed[-1] = Failure(TimeRange(last.range.start, part.end), code, last.message)
            else:
                self.failed.append(Failure(part, code, message))

    def close(self, *, out_of_time: bool) -> IntervalSet:
        """Decide what is left over, and return what is pending."""
        rest = self.wanted.difference(self.decided())
        if out_of_time:
            return rest
        for part in rest:
            self.mark(OpenHole(part, "not_corroborated", {}))
        return IntervalSet()
