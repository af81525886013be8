"""What naive pagers lose, told by users of many systems: held against ours, through real ccxt on a scripted venue.

Wanted are 5,000 minutes unless a test says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from candlecloud.errors import RegionRefusedError
from candlecloud.exchange.client import ExchangeClient
from candlecloud.ingestion.fetch.coverage import FetchReport
from candlecloud.ingestion.fetch.pager import Pager
from candlecloud.ingestion.fetch.session import open_session
from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from tests.support.ingestion import SkippingTime
from tests.support.scripted_venue import MINUTE, Script, ScriptedVenue, candle_row, market_of, scripted_venue

BTC = Series.of("binance", "BTC-USDT", "1m")
START = 1_700_000_040_000
COUNT = 5_000
END = START + COUNT * MINUTE
NOW = END + 600 * MINUTE
ALL = list(range(START - 3_000 * MINUTE, NOW, MINUTE))
Fetched = tuple[list[Candle], FetchReport, ScriptedVenue]


def fetch(
    script: Script,
    *,
    start: int = START,
    end: int = END,
    now: int = NOW,
    quote: float | None = None,
    rows_are: Callable[[int], Candle] | None = None,
) -> Fetched:
    """Fetch a range from a scripted venue, and hold the books against what was handed over."""
    waits = SkippingTime()
    with scripted_venue(script, now, quote) as venue:
        client = ExchangeClient(
            "binance", base_url=venue.base_url, min_interval_ms=0, sleep=waits.sleep, clock_ms=waits.clock
        )
        with closing(client):
            session = open_session(client, BTC, CANDLES, waits.clock)
            wanted = IntervalSet([TimeRange(start, min(end, session.closed_before()))])
            rows, report = fetched(Pager(session, wanted))
    handed = IntervalSet.from_grid({row.open_time for row in rows}, MINUTE)
    assert handed.intersection(wanted) == report.present
    listed = IntervalSet(entry.range for column in (report.absent, report.open, report.failed) for entry in column)
    assert not listed.intersection(report.present)
    assert report.present.union(listed).union(report.pending) == wanted
    assert all(row == (rows_are or expected)(row.open_time) for row in rows)
    return rows, report, venue


def fetched(pager: Pager) -> tuple[list[Candle], FetchReport]:
    """All candles of all pages, and the books."""
    rows = [row for page in pager.pages() for row in page]
    return rows, pager.report()


def expected(time: int) -> Candle:
    row = candle_row(time)
    return Candle(time, *(float(value) for value in row[1:6]), float(row[7]), row[8])


def without(*holes: tuple[int, int]) -> list[int]:
    """The market's minutes but for some, given as minutes after the start."""
    return [t for t in ALL if not any(START + a * MINUTE <= t < START + b * MINUTE for a, b in holes)]


def absent(report: FetchReport) -> list[tuple[int, int, str]]:
    return [((a.range.start - START) // MINUTE, (a.range.end - START) // MINUTE, a.cause) for a in report.absent]


def test_a_range_is_half_open() -> None:
    rows, report, _ = fetch(market_of(ALL))
    assert (rows[0].open_time, rows[-1].open_time, len(rows)) == (START, END - MINUTE, COUNT)
    assert report.is_complete


def test_a_25_hour_outage_does_not_end_the_walk() -> None:
    rows, report, _ = fetch(market_of(without((1_500, 3_000))))
    assert len(rows) == COUNT - 1_500
    assert absent(report) == [(1_500, 3_000, "absent_at_exchange")]
    (gap,) = report.absent
    assert gap.evidence["candle_before"] == START + 1_499 * MINUTE
    assert gap.evidence["candle_after"] == START + 3_000 * MINUTE
    assert report.is_complete


def test_many_holes_are_proven_in_few_requests() -> None:
    holes = [(n, n + 1 + n % 3) for n in range(10, 4_990, 20)]
    _, report, _ = fetch(market_of(without(*holes)))
    assert absent(report) == [(a, b, "absent_at_exchange") for a, b in holes]
    assert report.requests < 30


def test_before_the_listing_there_is_nothing_to_miss() -> None:
    listed = START + 2_880 * MINUTE
    rows, report, venue = fetch(market_of([t for t in ALL if t >= listed]))
    assert len(rows) == COUNT - 2_880
    assert absent(report) == [(0, 2_880, "before_listing")]
    assert report.listed_from == listed
    assert len(venue.asked) < 15


def test_years_before_the_listing_cost_no_requests() -> None:
    _, report, venue = fetch(market_of(ALL), start=START - 2_000_000 * MINUTE)
    assert absent(report) == [(-2_000_000, -3_000, "before_listing")]
    assert len(venue.asked) < 20


def test_an_end_of_trading_stays_an_open_gap() -> None:
    """Nothing after it proves nothing: it may be a delisting, or a venue that is silent today."""
    last = START + 1_200 * MINUTE
    rows, report, venue = fetch(market_of([t for t in ALL if t < last]))
    assert len(rows) == 1_200
    assert [(hole.range, hole.cause) for hole in report.open] == [(TimeRange(last, END), "nothing_after_it")]
    assert len(venue.asked) < 20


def test_a_venue_that_ignores_the_start_gives_only_its_newest() -> None:
    rows, report, _ = fetch(lambda start, end, limit: [candle_row(t) for t in ALL if t < NOW][-720:])
    assert len(rows) == 120  # the newest 720 reach 120 minutes into the wanted range
    assert report.anomalies["out_of_range"] > 0
    assert not report.is_complete
    assert not report.absent


def test_an_exclusive_start_loses_no_candle() -> None:
    rows, report, _ = fetch(lambda start, end, limit: [candle_row(t) for t in ALL if start < t <= end][:300])
    assert len(rows) == COUNT
    assert report.is_complete


def test_one_row_a_page_still_gets_there() -> None:
    one_each: Script = lambda start, end, limit: market_of(ALL)(start, end, 1)  # noqa: E731
    rows, report, _ = fetch(one_each, end=START + 20 * MINUTE)
    assert len(rows) == 20
    assert report.is_complete


def test_pages_shorter_than_asked_for() -> None:
    rows, _, venue = fetch(lambda start, end, limit: market_of(ALL)(start, end, 137))
    assert len(rows) == COUNT
    assert len(venue.asked) < 2 * COUNT / 136


def test_a_page_that_begins_late_is_asked_again_where_it_lacks() -> None:
    seen: set[tuple[int, int]] = set()

    def late_once(start: int, end: int, limit: int) -> list[Any]:
        rows = market_of(ALL)(start, end, limit)
        is_new = len(rows) > 500 and (start, end) not in seen
        seen.add((start, end))
        return rows[200:] if is_new else rows

    rows, report, _ = fetch(late_once)
    assert len({row.open_time for row in rows}) == COUNT
    assert report.is_complete


def test_the_running_candle_is_never_final() -> None:
    half = NOW - NOW % MINUTE + 30_000
    times = [*ALL, NOW - NOW % MINUTE]
    rows, _, _ = fetch(
        lambda start, end, limit: market_of(times)(start, end + 10 * MINUTE, limit), end=NOW + 60 * MINUTE, now=half
    )
    assert rows[-1].open_time == NOW - NOW % MINUTE - MINUTE


@pytest.mark.parametrize("lag_ms", [0, 1_999])
def test_a_candle_settles_before_it_counts(lag_ms: int) -> None:
    now = END + lag_ms
    rows, _, _ = fetch(market_of(ALL), now=now)
    assert rows[-1].open_time == END - 2 * MINUTE


def test_a_young_hole_is_not_proven_absent() -> None:
    now = END + 5 * MINUTE
    _, report, _ = fetch(market_of(without((4_990, 4_995))), now=now)
    assert [(hole.range.start - START) // MINUTE for hole in report.open] == [4_990]
    assert report.open[0].cause == "too_recent"
    assert not report.absent


def unknown_volumes(start: int, end: int, limit: int) -> list[Any]:
    return [[*candle_row(t)[:7], None, None, None, None, "0"] for t in ALL if start <= t <= end][:limit]


def test_unknown_volumes_stay_unknown() -> None:
    waits = SkippingTime()
    with scripted_venue(unknown_volumes, NOW) as venue:
        client = ExchangeClient("binance", base_url=venue.base_url, min_interval_ms=0, sleep=waits.sleep)
        with closing(client):
            session = open_session(client, BTC, CANDLES, waits.clock)
            rows, _ = fetched(Pager(session, IntervalSet([TimeRange(START, START + 10 * MINUTE)])))
    assert {(row.volume_quote, row.trades) for row in rows} == {(None, None)}


@pytest.mark.parametrize(
    "body",
    ["", "null", "{}", '{"rows": []}', "7", '"text"', "<html>busy</html>", "[[1,2", "[null]", "[[]]", "[1, 2]"],
)
def test_an_answer_that_is_no_list_of_candles_is_not_an_empty_page(body: str) -> None:
    rows, report, _ = fetch(lambda start, end, limit: body, end=START + 100 * MINUTE)
    assert rows == []
    assert not report.absent
    assert not report.is_complete


def test_a_passing_malformed_answer_is_asked_again() -> None:
    count = iter(range(10**6))

    def sometimes(start: int, end: int, limit: int) -> list[Any] | str:
        return "<html>" if next(count) % 3 == 1 else market_of(ALL)(start, end, limit)

    rows, report, _ = fetch(sometimes)
    assert len(rows) == COUNT
    assert report.anomalies["malformed_response"] > 0


def test_a_market_that_is_swapped_under_way_is_not_stored() -> None:
    """From the third page on, every answer is about a market at a hundredth of the price."""
    turn = START + 2_000 * MINUTE

    def swapped(start: int, end: int, limit: int) -> list[Any]:
        rows = market_of(ALL)(start, end, limit)
        return [
            [row[0], *(f"{float(p) / 100:.4f}" for p in row[1:5]), *row[5:]] if row[0] >= turn else row for row in rows
        ]

    rows, report, _ = fetch(swapped)
    assert all(row.open_time < turn for row in rows)
    assert not report.is_complete
    assert not report.absent


RELISTED = START + 2_500 * MINUTE


def relisted_row(time: int) -> list[Any]:
    """The name is given to another coin, at a thousandth of the price."""
    row = candle_row(time)
    return row if time < RELISTED else [row[0], *(f"{float(price) / 1000:.5f}" for price in row[1:5]), *row[5:]]


def relisted_candle(time: int) -> Candle:
    row = relisted_row(time)
    return Candle(time, *(float(value) for value in row[1:6]), float(row[7]), row[8])


@pytest.mark.parametrize("halted", [100, 1_400])
def test_a_name_that_is_given_to_another_coin_is_believed_if_the_ticker_says_so(halted: int) -> None:
    times = without((2_500 - halted, 2_500))

    def script(start: int, end: int, limit: int) -> list[Any]:
        return [relisted_row(time) for time in times if start <= time <= end][:limit]

    rows, report, _ = fetch(script, quote=50.0, rows_are=relisted_candle)
    assert len(rows) == COUNT - halted
    assert absent(report) == [(2_500 - halted, 2_500, "absent_at_exchange")]


def test_a_candle_said_twice_and_differently_is_not_believed() -> None:
    double = START + 100 * MINUTE

    def twice(start: int, end: int, limit: int) -> list[Any]:
        rows = market_of(ALL)(start, end, limit)
        extra = [[row[0], *row[1:5], "99", *row[6:]] for row in rows if row[0] == double]
        return sorted(rows + extra, key=lambda row: int(row[0]))

    rows, report, _ = fetch(twice, end=START + 500 * MINUTE)
    assert len(rows) == 499
    assert [(hole.range.start, hole.cause) for hole in report.open] == [(double, "quarantined_rows")]


def test_the_deadline_ends_a_fetch_with_the_rest_pending() -> None:
    ticks = iter(range(0, 10**9, 1_000))
    with scripted_venue(market_of(ALL), NOW) as venue:
        client = ExchangeClient("binance", base_url=venue.base_url, min_interval_ms=0)
        with closing(client):
            clock: Callable[[], int] = lambda: next(ticks)  # noqa: E731
            wanted = IntervalSet([TimeRange(START, END)])
            rows, report = fetched(Pager(open_session(client, BTC, CANDLES, clock, deadline=8_000), wanted))
    assert 0 < len(rows) < COUNT
    assert report.pending == wanted.difference(report.present)
    assert not report.is_complete


def test_a_walk_that_is_left_early_leaves_the_rest_pending() -> None:
    with scripted_venue(market_of(ALL), NOW) as venue:
        client = ExchangeClient("binance", base_url=venue.base_url, min_interval_ms=0)
        with closing(client):
            wanted = IntervalSet([TimeRange(START, END)])
            pager = Pager(open_session(client, BTC, CANDLES, SkippingTime().clock), wanted)
            first = next(pager.pages())
            asked = len(venue.asked)
            report = pager.report()
    assert report.present == IntervalSet([TimeRange(START, first[-1].open_time + MINUTE)])
    assert report.pending == wanted.difference(report.present)
    assert len(venue.asked) == asked, "nothing is asked for before it is wanted"


def test_no_request_sleeps_past_the_deadline_to_keep_the_pace() -> None:
    waits = SkippingTime()
    with scripted_venue(market_of(ALL), NOW) as venue:
        client = ExchangeClient(
            "binance", base_url=venue.base_url, min_interval_ms=60_000, sleep=waits.sleep, clock_ms=waits.clock
        )
        with closing(client):
            deadline = waits.clock() + 40_000
            session = open_session(client, BTC, CANDLES, waits.clock, deadline=deadline)
            assert 50_000 < client.wait_ms(BTC.symbol) <= 60_000
            wanted = IntervalSet([TimeRange(START, END)])
            _, report = fetched(Pager(session, wanted))
    assert (report.pending, report.requests, venue.asked) == (wanted, 0, [])
    assert waits.clock() < deadline


def test_a_venue_that_refuses_our_region_is_asked_once() -> None:
    restricted = json.dumps({"code": 0, "msg": "Service unavailable from a restricted location."})
    waits = SkippingTime()
    with scripted_venue(market_of(ALL), NOW) as venue:
        client = ExchangeClient(
            "binance", base_url=venue.base_url, min_interval_ms=0, sleep=waits.sleep, clock_ms=waits.clock
        )
        with closing(client):
            session = open_session(client, BTC, CANDLES, waits.clock)
            asked: list[str] = []

            def refuse(path: str, query: dict[str, str]) -> tuple[int, str]:
                asked.append(path)
                return 451, restricted

            venue.answer = refuse  # type: ignore[method-assign]
            wanted = IntervalSet([TimeRange(START, START + 2_000 * MINUTE), TimeRange(END - 10 * MINUTE, END)])
            known = [expected(START - MINUTE), expected(END - 11 * MINUTE)]
            _, report = fetched(Pager(session, wanted, known))
            with pytest.raises(RegionRefusedError, match="HTTP 451"):
                open_session(client, BTC, CANDLES, waits.clock)
    assert len(asked) == 2  # one by the pager, one by the question for the time
    assert {failure.code for failure in report.failed} == {"region_refused"}
    assert IntervalSet(failure.range for failure in report.failed) == wanted
