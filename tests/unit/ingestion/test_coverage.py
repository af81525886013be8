"""The ledger of a fetch: every wanted interval stands in one column, and the columns add up."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from candlecloud.ingestion.fetch.coverage import Absence, Coverage, OpenHole
from candlecloud.market.ranges import IntervalSet, TimeRange

spans = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: TimeRange(min(pair), max(pair)))
marks = st.lists(st.tuples(st.sampled_from(["present", "absent", "open", "failed"]), spans), max_size=25)


def total(entries: list[Any]) -> int:
    return sum(entry.range.duration for entry in entries)


@given(st.lists(spans, max_size=4), marks, st.booleans())
def test_the_columns_add_up_whatever_is_marked(wanted: list[TimeRange], steps: list[Any], out_of_time: bool) -> None:
    coverage = Coverage(IntervalSet(wanted))
    for column, span in steps:
        if column == "present":
            coverage.mark_present(IntervalSet([span]))
        elif column == "failed":
            coverage.mark_failed(span, "exchange_unavailable", "down")
        else:
            coverage.mark((Absence if column == "absent" else OpenHole)(span, "cause", {}))
    pending = coverage.close(out_of_time=out_of_time)
    columns = (coverage.present.total, total(coverage.absent), total(coverage.open), total(coverage.failed))
    assert coverage.wanted.total == sum(columns) + pending.total
    assert coverage.decided().union(pending) == coverage.wanted
    assert out_of_time or not pending


def test_nothing_outside_the_wanted_range_is_listed() -> None:
    coverage = Coverage(IntervalSet([TimeRange(10, 20)]))
    coverage.mark(Absence(TimeRange(0, 15), "before_listing", {}))
    coverage.mark_present(IntervalSet([TimeRange(15, 40)]))
    assert [entry.range for entry in coverage.absent] == [TimeRange(10, 15)]
    assert coverage.present == IntervalSet([TimeRange(15, 20)])


def test_neighbouring_failures_of_one_kind_are_one() -> None:
    coverage = Coverage(IntervalSet([TimeRange(0, 30)]))
    coverage.mark_failed(TimeRange(0, 10), "exchange_unavailable", "a")
    coverage.mark_failed(TimeRange(10, 20), "exchange_unavailable", "b")
    coverage.mark_failed(TimeRange(20, 30), "malformed_response", "c")
    assert [(f.range.start, f.range.end, f.code) for f in coverage.failed] == [
        (0, 20, "exchange_unavailable"),
        (20, 30, "malformed_response"),
    ]
