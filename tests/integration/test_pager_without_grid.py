"""Rows that come when they come, such as settlements: by their descriptor and an endpoint alone, into the lake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import pytest

from candlecloud.errors import InvalidParameterError
from candlecloud.exchange.client import ExchangeClient
from candlecloud.exchange.rows import number, whole
from candlecloud.exchange.venue_profile import RowsEndpoint
from candlecloud.exchange.venues import binance
from candlecloud.ingestion.fetch.coverage import FetchReport
from candlecloud.ingestion.fetch.pager import Pager
from candlecloud.ingestion.fetch.session import FetchSession, open_session
from candlecloud.ingestion.fetch_and_store import fetch_and_store, read_rows, start_session
from candlecloud.market.dataset import Column, Dataset
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Instrument
from candlecloud.store.stores import Stores
from tests.support.ingestion import SkippingTime
from tests.support.scripted_venue import Script, ScriptedVenue, scripted_venue

PERP = Instrument.parse("binance/BTC-USDT_USDT")
START = 1_700_000_000_000
TIMES = [START + 7_200_000 * i + i % 3 for i in range(25)]  # never quite the same distance apart
WANTED = TimeRange(START, TIMES[-1] + 3_600_000)
NOW = WANTED.end + 60_000
LIMIT = 10


class Settlement(NamedTuple):
    settled_at: int
    rate: float


class SettlementLayout:
    def reader(self, series: Instrument) -> Callable[[Any], Settlement]:
        return lambda raw: Settlement(self.time_of(raw), number(raw["fundingRate"]))

    def time_of(self, raw: Any) -> int:
        return whole(raw["fundingTime"])


SETTLED_AT = Column("settled_at", "time", "when")
SETTLEMENTS: Dataset[Instrument, Settlement] = Dataset(
    name="settlements",
    description="What was paid, and when.",
    prefix="test/kind=settlements",
    schema_id="settlement/1",
    series=Instrument,
    row=Settlement,
    key_time=SETTLED_AT,
    values=(Column("rate", "float", "how much"),),
    available=SETTLED_AT,
    when_available=lambda row, series: row.settled_at,
    fault=lambda row: None if abs(row.rate) < 1 else "rate_bounds",
    period="year",
)


def raw(time: int) -> dict[str, Any]:
    return {"symbol": "BTCUSDT", "fundingTime": time, "fundingRate": f"0.000{time % 97:02d}"}


def row(time: int) -> Settlement:
    return Settlement(time, float(raw(time)["fundingRate"]))


def oldest(start: int, end: int, limit: int) -> list[Any]:
    return [raw(time) for time in TIMES if start <= time <= end][:limit]


def newest(start: int, end: int, limit: int) -> list[Any]:
    return [raw(time) for time in TIMES if start <= time <= end][-limit:]


@contextmanager
def asked(
    script: Script, keeps: Literal["oldest", "newest"] = "oldest"
) -> Iterator[tuple[ScriptedVenue, FetchSession]]:
    """A session about settlements with a venue that answers as a script says."""
    endpoint = RowsEndpoint(
        method="fapiPublicGetFundingRate",
        layout=SettlementLayout(),
        symbol_param="symbol",
        start_param="startTime",
        end_param="endTime",
        end_inclusive=True,
        limit_param="limit",
        page_limit=LIMIT,
        page_span=LIMIT,
        order="oldest_first",
        keeps=keeps,
    )
    linear = replace(binance.LINEAR, endpoints={**binance.LINEAR.endpoints, "settlements": endpoint})
    waits = SkippingTime()
    with scripted_venue(script, NOW) as venue:
        client = ExchangeClient(
            "binance", base_url=venue.base_url, min_interval_ms=0, sleep=waits.sleep, clock_ms=waits.clock
        )
        client._venue = replace(binance.VENUE, profiles=(linear,))
        try:
            yield venue, open_session(client, PERP, SETTLEMENTS, waits.clock)
        finally:
            client.close()


def fetch(script: Script, keeps: Literal["oldest", "newest"] = "oldest") -> tuple[list[Any], FetchReport, int]:
    """Rows, report and number of pages; each moment of the window stands in one column of the report."""
    with asked(script, keeps) as (venue, session):
        pager = Pager(session, IntervalSet([WANTED]))
        rows = [one for page in pager.pages() for one in page]
        report = pager.report()
    listed = IntervalSet(entry.range for column in (report.absent, report.open, report.failed) for entry in column)
    assert not listed.intersection(report.present)
    assert report.present.union(listed).union(report.pending) == IntervalSet([WANTED])
    assert report.rows == len(rows)
    return sorted(rows), report, len(venue.asked)


@pytest.mark.parametrize(("script", "keeps"), [(oldest, "oldest"), (newest, "newest")])
def test_full_pages_prove_as_far_as_they_reach_and_the_last_one_proves_the_rest(
    script: Script, keeps: Literal["oldest", "newest"]
) -> None:
    rows, report, pages = fetch(script, keeps)
    assert rows == [row(time) for time in TIMES]
    assert report.is_complete
    assert pages == 3


def test_a_page_without_a_row_has_to_be_said_twice() -> None:
    rows, report, pages = fetch(lambda start, end, limit: [])
    assert (rows, report.is_complete, pages) == ([], True, 2)
    answers: Iterator[list[Any]] = iter([[]])
    rows, report, _ = fetch(lambda *asked: next(answers, None) or oldest(*asked))
    assert (len(rows), report.is_complete) == (len(TIMES), True)


def test_the_moment_of_a_bad_row_stays_open() -> None:
    def script(start: int, end: int, limit: int) -> list[Any]:
        return [
            one | {"fundingRate": "7"} if one["fundingTime"] == TIMES[9] else one for one in oldest(start, end, limit)
        ]

    rows, report, _ = fetch(script)
    assert rows == [row(time) for time in TIMES if time != TIMES[9]]
    assert [(entry.range, entry.cause) for entry in report.open] == [
        (TimeRange(TIMES[9], TIMES[9] + 1), "quarantined_rows")
    ]
    assert report.quarantined == 1


def test_a_row_without_a_time_may_be_of_any_moment() -> None:
    def script(start: int, end: int, limit: int) -> list[Any]:
        return [*oldest(start, end, 5), {"fundingTime": "soon"}]

    rows, report, _ = fetch(script)
    assert rows == [row(time) for time in TIMES[:5]]
    assert report.present == IntervalSet.from_grid(TIMES[:5], 1)
    assert {entry.cause for entry in report.open} == {"quarantined_rows"}


def test_full_pages_of_another_time_do_not_go_on_for_ever() -> None:
    rows, report, _ = fetch(lambda *asked: [raw(START - 9_000_000 - i) for i in range(LIMIT)])
    assert (rows, len(report.open)) == ([], 1)


def test_what_could_not_be_asked_has_failed() -> None:
    rows, report, _ = fetch(lambda start, end, limit: oldest(start, end, limit) if start == START else "<html>")
    assert rows == [row(time) for time in TIMES[:LIMIT]]
    (failed,) = report.failed
    assert failed.range == TimeRange(TIMES[LIMIT - 1] + 1, WANTED.end)


def test_from_the_endpoint_into_the_lake_and_back(stores: Stores) -> None:
    def script(start: int, end: int, limit: int) -> list[Any]:
        return [
            one | {"fundingRate": "x"} if one["fundingTime"] == TIMES[3] else one for one in oldest(start, end, limit)
        ]

    with asked(script) as (_, session):
        session = start_session(stores, session.client, PERP, SETTLEMENTS, clock=session.clock)
        outcome = fetch_and_store(stores, session, IntervalSet([WANTED]), chunk_rows=LIMIT)
        again = fetch_and_store(stores, session, IntervalSet([WANTED]))
    assert (outcome.added, again.added, again.unchanged) == (24, 0, 24)
    assert read_rows(stores, SETTLEMENTS, PERP, WANTED) == [row(time) for time in TIMES if time != TIMES[3]]
    (kept,) = stores.quarantine_of(SETTLEMENTS).list(PERP)
    assert (kept["reason"], kept["row"]["fundingTime"]) == ("malformed", TIMES[3])
    assert stores.gaps.list() == ([], None)


def test_a_market_without_the_dataset_says_so() -> None:
    with asked(oldest) as (_, session), pytest.raises(InvalidParameterError, match="binance linear has no tides"):
        session.profile.endpoint("tides")
