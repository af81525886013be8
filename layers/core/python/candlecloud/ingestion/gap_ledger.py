"""Gap items kept true: what a fetch or a look at the lake has shown, written over what was believed before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from candlecloud.ingestion.fetch.coverage import FetchReport
from candlecloud.market.gap import Gap, GapState
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from candlecloud.store.gaps import GapStore

_PAGE = 500
_HOUR_MS = 3_600_000
# A day and a week, less an hour: a daily schedule does not fire to the second.
_ASK_AGAIN_AFTER_MS = (23 * _HOUR_MS, (7 * 24 - 1) * _HOUR_MS)
_MOST_AT_ONCE = 50


class Finding(NamedTuple):
    """What is known now about a range that is, or was, missing."""

    range: TimeRange
    state: GapState
    cause: str | None
    evidence: dict[str, Any]


def all_gaps(gaps: GapStore, series: Series) -> Iterator[Gap]:
    """Every gap item of a series."""
    cursor: str | None = None
    while True:
        page, cursor = gaps.list(series=series, cursor=cursor, limit=_PAGE)
        yield from page
        if cursor is None:
            return


def due_again(gaps: GapStore, series: Series, exchange_now: int) -> IntervalSet:
    """Explained gaps that are worth one more question: both answers of a proof come within moments.

    What an exchange had lost for an hour looks to them like an outage; so each absence is asked about once more after
    a day, and once more after a week.

    Parameters
    ----------
    exchange_now : int
        The exchange's time, ms UTC; the age of a proof counts from the exchange's time in its evidence.
    """
    due = [gap for gap in all_gaps(gaps, series) if _is_due(gap, exchange_now)]
    return IntervalSet(gap.range for gap in due[-_MOST_AT_ONCE:])


def note_asked_again(gaps: GapStore, series: Series, asked: IntervalSet, exchange_now: int, now: int) -> None:
    """Write down that explained gaps within `asked` were asked about once more, and stay what they are."""
    for gap in all_gaps(gaps, series):
        if _is_due(gap, exchange_now) and not IntervalSet([gap.range]).difference(asked):
            again = [*gap.evidence.get("asked_again_at", []), exchange_now]
            gaps.put(replace(gap, updated_at=now, evidence=gap.evidence | {"asked_again_at": again}))


def _is_due(gap: Gap, exchange_now: int) -> bool:
    proven_at = gap.evidence.get("exchange_time")
    times = len(gap.evidence.get("asked_again_at", []))
    if (gap.state, gap.cause) != ("explained", "absent_at_exchange") or proven_at is None:
        return False
    return times < len(_ASK_AGAIN_AFTER_MS) and exchange_now - int(proven_at) >= _ASK_AGAIN_AFTER_MS[times]


def findings_of(report: FetchReport) -> list[Finding]:
    """What a fetch has shown. What was not asked for, or could not be, is no finding: it stays as it was."""
    found = [Finding(part, "repaired", None, {"found_at_exchange": True}) for part in report.present]
    found += [Finding(entry.range, "explained", entry.cause, entry.evidence) for entry in report.absent]
    found += [Finding(entry.range, "open", entry.cause, entry.evidence) for entry in report.open]
    found += [Finding(entry.range, "open", entry.code, {"message": entry.message}) for entry in report.failed]
    return found


def write_findings(gaps: GapStore, series: Series, findings: Iterable[Finding], now: int) -> list[Gap]:
    """Bring the gap items of a series in line with findings; doing it twice is doing it once.

    A gap that the findings split is replaced by its parts, which keep the date of its detection. A present range that
    no gap speaks of needs none.

    Returns
    -------
    list of Gap
        The items written.
    """
    found = sorted(findings, key=lambda finding: finding.range)
    known = [gap for gap in all_gaps(gaps, series) if gap.state != "repaired"]
    written: list[Gap] = []
    for gap in known:
        parts = list(_parts(gap, found, now))
        if [part.range for part in parts] != [gap.range]:
            written += [part for part in parts if gaps.put(part)]
            gaps.delete(series, gap.range)
        elif parts[0] != gap:
            written += [part for part in parts if gaps.put(part)]
    spoken_of = IntervalSet(gap.range for gap in known)
    for finding in found:
        if finding.state == "repaired":
            continue
        for span in IntervalSet([finding.range]).difference(spoken_of):
            new = Gap(series, span, finding.state, finding.cause, now, now, finding.evidence)
            written += [new] if gaps.put(new) else []
    return written


def _parts(gap: Gap, findings: list[Finding], now: int) -> Iterator[Gap]:
    """A gap as the findings leave it: the parts that they speak of, and the rest as it was."""
    parts: list[Gap] = []
    rest = IntervalSet([gap.range])
    for finding in findings:
        common = gap.range.intersect(finding.range)
        if not common:
            continue
        rest = rest.difference(IntervalSet([common]))
        if _says_nothing_new(finding, gap):
            parts.append(replace(gap, range=common))
        else:
            cause = gap.cause if finding.cause is None else finding.cause
            parts.append(Gap(gap.series, common, finding.state, cause, gap.detected_at, now, finding.evidence))
    parts += [replace(gap, range=span) for span in rest]
    yield from sorted(parts, key=lambda part: part.range)


def _says_nothing_new(finding: Finding, gap: Gap) -> bool:
    """The first evidence is the one worth keeping, and a question without an answer takes no proof back."""
    if finding.state == "open":
        return gap.state == "explained" or finding.cause in (None, gap.cause)
    return finding.state == gap.state and finding.cause == gap.cause
