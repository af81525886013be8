"""The job `ingest_candles`: slots, deadlines, re-reading, revisions, and reports that add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from candlecloud import wiring
from candlecloud.errors import (
    CandlecloudError,
    ConflictError,
    ExchangeUnavailableError,
    RateLimitedError,
    UnknownSymbolError,
)
from candlecloud.exchange.client import ExchangeClient
from candlecloud.ingestion.fetch_and_store import read_rows
from candlecloud.jobs import backfill_candles, ingest_candles
from candlecloud.jobs.context import Context
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.settings import ExchangeSettings
from candlecloud.store.stores import Stores
from infra.local.replay import ReplayExchange
from infra.local.replay.clock import parse_time
from tests.support.contexts import context
from tests.support.ingestion import DAY, HOUR, MINUTE, SkippingTime, client, recorded_in, stored_in

BTC = Series.of("binance", "BTC-USDT", "1m")
EVENT = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1m"}
NOW = parse_time("2025-08-18T12:00:30Z")
CLOSED = NOW - 30_000
Ingest = Callable[..., ingest_candles.Report]


@pytest.fixture
def waits() -> SkippingTime:
    return SkippingTime()


@pytest.fixture
def exchange(market: ReplayExchange, waits: SkippingTime) -> Iterator[ExchangeClient]:
    market.set_clock(NOW)
    found = client(market, waits=waits)
    yield found
    found.close()


@pytest.fixture
def ingest(stores: Stores, exchange: ExchangeClient, waits: SkippingTime) -> Ingest:
    def run(*, deadline: int | None = None, chunk_rows: int = 20_000, **event: Any) -> ingest_candles.Report:
        request = ingest_candles.Request.from_event({**EVENT, **event})
        report = ingest_candles.ingest(
            request, context(stores, exchange, clock=waits.clock, deadline=deadline), chunk_rows=chunk_rows
        )
        assert report.adds_up(), report
        return report

    return run


def test_an_empty_series_begins_with_one_page(ingest: Ingest, stores: Stores) -> None:
    report = ingest(scheduled_at="2025-08-18T12:00:00Z")
    assert (report.added, report.complete, report.cursor) == (1000, True, None)
    span = TimeRange(CLOSED - 1000 * MINUTE, CLOSED)
    assert stored_in(stores, BTC, span) == recorded_in(BTC.id, span)


def test_a_slot_that_fires_twice_does_the_work_once(ingest: Ingest, market: ReplayExchange) -> None:
    first = ingest(scheduled_at="2025-08-18T12:00:00Z")
    sent = market.requests.total
    second = ingest(scheduled_at="2025-08-18T12:00:00Z")
    assert first.skipped is None
    assert second.skipped
    assert market.requests.total == sent
    assert ingest(scheduled_at="2025-08-18T12:05:00Z").skipped is None


def test_a_slot_that_fires_eight_times_at_once_does_the_work_once(ingest: Ingest, stores: Stores) -> None:
    def fire(_: int) -> bool:
        try:
            return ingest(scheduled_at="2025-08-18T12:00:00Z").skipped is None
        except ConflictError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(fire, range(8))) == 1
    assert stores.candles.count(BTC) == 1000


@pytest.mark.parametrize("job", [ingest_candles, backfill_candles])
def test_a_slot_whose_holder_died_is_no_success_and_the_retry_after_its_lease_does_the_work(
    stores: Stores, exchange: ExchangeClient, waits: SkippingTime, market: ReplayExchange, job: Any
) -> None:
    request = job.Request(BTC, CLOSED - HOUR, CLOSED, slot="s")
    assert stores.ingestion.claim_slot(job.JOB, "s", waits.clock(), 60_000)
    with pytest.raises(ConflictError, match="Another invocation"):
        job.run(request, context(stores, exchange, clock=waits.clock))
    assert market.requests.total == 0
    waits.sleep(61)
    assert job.run(request, context(stores, exchange, clock=waits.clock)).skipped is None
    assert stores.candles.count(BTC) == 60
    assert job.run(request, context(stores, exchange, clock=waits.clock)).skipped


def test_only_work_that_was_done_is_the_jobs_last_success(
    stores: Stores, exchange: ExchangeClient, waits: SkippingTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = {**EVENT, "start": CLOSED - HOUR, "end": CLOSED, "scheduled_at": "2025-08-18T12:00:00Z"}

    def given(*, owner: str, deadline: int) -> Context:
        return context(stores, exchange, clock=waits.clock, deadline=deadline)

    world = SimpleNamespace(stores=stores, clock=waits.clock, context=given)
    monkeypatch.setattr(wiring, "runtime_of", lambda function: world)

    handler = wiring.job_handler(
        "ingest_candles", ingest_candles.Request, ingest_candles.run, settings=ExchangeSettings
    )
    handler(event, None)
    done = stores.ingestion.job_statuses().get("ingest_candles")
    assert done is not None
    assert done.last_summary is not None
    assert done.last_summary["added"] == 60
    waits.sleep(60)
    assert handler(event, None)["skipped"]
    assert stores.ingestion.job_statuses().get("ingest_candles") == done


def test_a_slot_that_failed_is_free_for_the_platforms_retry(ingest: Ingest, market: ReplayExchange) -> None:
    market.add_fault("html_200", path="klines")
    failed = ingest(scheduled_at="2025-08-18T12:00:00Z")
    assert failed.failed == failed.requested == 1000
    with pytest.raises(CandlecloudError, match="could not be asked for"):
        failed.checked()
    market.clear_faults()
    assert ingest(scheduled_at="2025-08-18T12:00:00Z").complete


def test_an_error_frees_the_slot_too(stores: Stores, exchange: ExchangeClient, waits: SkippingTime) -> None:
    event = {**EVENT, "symbol": "NOPE-USDT", "scheduled_at": "2025-08-18T12:00:00Z"}
    for _ in range(2):
        with pytest.raises(UnknownSymbolError):
            ingest_candles.ingest(
                ingest_candles.Request.from_event(event), context(stores, exchange, clock=waits.clock)
            )


def test_the_next_slot_brings_what_is_new_and_reads_some_once_more(
    ingest: Ingest, market: ReplayExchange, stores: Stores
) -> None:
    ingest()
    market.advance(5 * MINUTE)
    report = ingest()
    assert (report.requested, report.added, report.unchanged, report.requests) == (15, 5, 10, 1)
    span = TimeRange(CLOSED - 1000 * MINUTE, CLOSED + 5 * MINUTE)
    assert stored_in(stores, BTC, span) == recorded_in(BTC.id, span)


def test_what_a_late_exchange_corrects_becomes_a_revision(
    ingest: Ingest, market: ReplayExchange, stores: Stores, waits: SkippingTime
) -> None:
    """The last closed candle is first served as it was before its end; the next slot reads it once more."""
    last = TimeRange(CLOSED - MINUTE, CLOSED)
    truth = recorded_in(BTC.id, last)
    market.add_fault("unclosed_last", options={"lag_ms": 90_000})
    ingest()
    early = stored_in(stores, BTC, last)
    assert early != truth
    seen = waits.clock()
    waits.sleep(60)
    market.clear_faults()
    market.advance(MINUTE)
    assert ingest().revised == 1
    assert stored_in(stores, BTC, last) == truth
    before = stores.candles.read(BTC, last, as_of=seen).to_pylist()
    assert [row["close"] for row in before] == [candle.close for candle in early.values()]


def test_re_reading_finds_what_was_restated_long_ago(ingest: Ingest, market: ReplayExchange, stores: Stores) -> None:
    day = {"start": CLOSED - DAY, "end": CLOSED - DAY + 6 * HOUR}
    ingest(**day)
    window = TimeRange(CLOSED - DAY + HOUR, CLOSED - DAY + HOUR + 3 * MINUTE)
    market.add_fault("restated_candle", window=(window.start, window.end))
    assert ingest(**day).requested == ingest(**day).already_stored == 360
    report = ingest(**day, reread=True)
    assert (report.revised, report.unchanged) == (3, 357)
    assert stored_in(stores, BTC, window) != recorded_in(BTC.id, window)
    history = stores.candles.read_period_history(BTC, "2025-08")
    assert history.num_rows == 363


def test_a_range_is_asked_for_only_where_it_is_not_proven(ingest: Ingest, market: ReplayExchange) -> None:
    """Resuming from the newest candle would hide the hole inside."""
    ingest(start=CLOSED - 600 * MINUTE, end=CLOSED - 400 * MINUTE)
    ingest(start=CLOSED - 200 * MINUTE, end=CLOSED - 100 * MINUTE)
    report = ingest(start=CLOSED - 600 * MINUTE, end=CLOSED)
    assert (report.requested, report.already_stored, report.added) == (600, 300, 300)
    asked = market.requests.total
    again = ingest(start=CLOSED - 600 * MINUTE, end=CLOSED)
    assert (again.already_stored, again.fetched, again.requests) == (600, 0, 0)
    assert market.requests.total == asked + 1, "only the time is asked for"


def test_nothing_after_the_last_closed_candle_is_requested(ingest: Ingest) -> None:
    report = ingest(start=CLOSED - 10 * MINUTE, end=CLOSED + DAY)
    assert (report.requested, report.closed_before) == (10, "2025-08-18T12:00:00Z")
    assert ingest(start=CLOSED + HOUR, end=CLOSED + DAY).requested == 0


def test_odd_bounds_are_narrowed_to_whole_candles(ingest: Ingest, stores: Stores) -> None:
    report = ingest(start=CLOSED - 10 * MINUTE + 1, end=CLOSED - 1)
    assert report.requested == 8
    assert stores.candles.times(BTC, TimeRange(0, CLOSED))[0] == CLOSED - 9 * MINUTE


def test_a_deadline_stops_at_a_committed_cursor_and_the_next_run_goes_on(
    ingest: Ingest, stores: Stores, waits: SkippingTime, exchange: ExchangeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = TimeRange(CLOSED - 5 * DAY, CLOSED)
    slow_fetch = exchange.fetch_window

    def slow(*args: Any) -> Any:
        waits.sleep(10)
        return slow_fetch(*args)

    monkeypatch.setattr(exchange, "fetch_window", slow)
    cut = ingest(start=span.start, end=span.end, deadline=waits.clock() + 55_000, scheduled_at="2025-08-18T12:00:00Z")
    assert 0 < cut.fetched < 7_200
    assert cut.pending == 7_200 - cut.fetched
    assert not cut.complete
    assert cut.cursor is not None
    assert parse_time(cut.cursor) == span.start + cut.fetched * MINUTE
    assert len(stored_in(stores, BTC, span)) == cut.fetched
    # The next slot names no range; what was left is done all the same.
    rest = ingest(scheduled_at="2025-08-18T12:05:00Z")
    assert rest.complete
    assert rest.cursor is None
    assert stored_in(stores, BTC, span) == recorded_in(BTC.id, span)
    assert stores.ingestion.get_cursor(BTC) is None


def test_live_candles_do_not_wait_behind_what_was_left_over(
    ingest: Ingest, stores: Stores, waits: SkippingTime, exchange: ExchangeClient, market: ReplayExchange,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    ingest()
    slow_fetch = exchange.fetch_window

    def slow(*args: Any) -> Any:
        waits.sleep(10)
        return slow_fetch(*args)

    monkeypatch.setattr(exchange, "fetch_window", slow)
    old = TimeRange(CLOSED - 12 * DAY, CLOSED - 2 * DAY)
    left = ingest(start=old.start, end=old.end, deadline=waits.clock() + 25_000).pending
    for slot in range(1, 4):
        market.advance(5 * MINUTE)
        report = ingest(deadline=waits.clock() + 25_000)
        live = TimeRange(CLOSED, CLOSED + 5 * slot * MINUTE)
        assert stored_in(stores, BTC, live) == recorded_in(BTC.id, live)
        assert 0 < report.pending < left, "the old range is resumed all the same"
        left = report.pending


def test_what_came_before_a_failure_is_committed_and_the_rest_is_left(
    ingest: Ingest, market: ReplayExchange, stores: Stores
) -> None:
    span = TimeRange(CLOSED - 3_000 * MINUTE, CLOSED)
    market.add_fault(
        "unavailable_503", path="klines", window=(span.start + 1_500 * MINUTE, span.start + 1_600 * MINUTE)
    )
    report = ingest(start=span.start, end=span.end, chunk_rows=500)
    assert (report.added, report.failed) == (2_000, 1_000)
    assert stores.ingestion.get_cursor(BTC) == {
        "remaining": [[span.start + 1_000 * MINUTE, span.start + 2_000 * MINUTE]]
    }
    assert [fault.kind for fault in stores.ingestion.exchange_faults("binance")] == ["exchange_unavailable"] * 5
    market.clear_faults()
    assert ingest().complete
    assert stored_in(stores, BTC, span) == recorded_in(BTC.id, span)


def test_a_ban_keeps_every_later_invocation_away(
    ingest: Ingest, market: ReplayExchange, waits: SkippingTime, stores: Stores
) -> None:
    market.add_fault("ban_418", path="klines", retry_after_s=600)
    ingest(deadline=waits.clock() + 60_000)
    sent = market.requests.total
    for n in range(25):  # faults that another lane, which was under way, notes after the ban
        stores.ingestion.record_exchange_fault("binance", "exchange_unavailable", waits.clock() + n, {"status": 503})
    # Another process, which knows nothing of the first one's circuit breaker.
    fresh = client(market, waits=waits)
    with pytest.raises(RateLimitedError, match="left alone"):
        ingest_candles.ingest(ingest_candles.Request(BTC), context(stores, fresh, clock=waits.clock))
    fresh.close()
    assert market.requests.total == sent, "not even the time is asked for"
    market.clear_faults()
    waits.sleep(601)
    assert ingest().complete


def test_a_ban_on_the_clock_is_written_down_and_not_slept_through(
    ingest: Ingest, market: ReplayExchange, waits: SkippingTime, stores: Stores
) -> None:
    market.add_fault("ban_418", path="/time", retry_after_s=600)
    began = waits.clock()
    with pytest.raises(ExchangeUnavailableError, match="before the deadline"):
        ingest(deadline=began + 60_000)
    assert waits.clock() < began + 60_000
    (fault,) = stores.ingestion.exchange_faults("binance")
    assert fault.details["status"] == 418
    assert market.requests.total == 1
    for job in (ingest_candles, backfill_candles):
        fresh = client(market, waits=waits)
        with pytest.raises(RateLimitedError, match="left alone"):
            job.run(job.Request(BTC), context(stores, fresh, clock=waits.clock))
        fresh.close()
    assert market.requests.total == 1
    market.clear_faults()
    waits.sleep(601)
    assert ingest().complete


def test_quarantined_rows_are_kept_with_their_reason_and_payload(
    ingest: Ingest, market: ReplayExchange, stores: Stores
) -> None:
    market.add_fault("nan", path="klines", times=1, skip=1, field="high")
    report = ingest(start=CLOSED - 100 * MINUTE, end=CLOSED)
    assert (report.added, report.quarantined, report.complete) == (100, 1, True)
    (kept,) = stores.quarantine.list(BTC)
    assert kept["reason"] == "not_finite"
    assert "NaN" in str(kept["row"])
    assert len(kept["payload_hash"]) == 64


def test_a_market_that_is_the_wrong_one_from_the_start_is_not_stored(
    ingest: Ingest, market: ReplayExchange, stores: Stores
) -> None:
    """Binance's candles do not name their market; the price that the ticker quotes does."""
    market.add_fault("wrong_symbol", path="klines")
    report = ingest()
    assert report.failed == report.requested
    assert report.failures[0]["code"] == "wrong_market"
    assert stores.candles.available_range(BTC) is None
    assert {kept["reason"] for kept in stores.quarantine.list(BTC)} == {"wrong_symbol"}


def test_a_wrong_page_is_one_quarantine_object_not_a_thousand(
    ingest: Ingest, market: ReplayExchange, stores: Stores
) -> None:
    market.add_fault("repeated_page", path="klines", skip=3, times=1)
    report = ingest(start=CLOSED - 3_000 * MINUTE, end=CLOSED)
    assert (report.added, report.complete) == (3_000, True)
    (kept,) = stores.quarantine.list(BTC)
    assert kept["reason"] == "out_of_range"
    assert kept["row"]["rows"] == report.quarantined > 900
    assert len(kept["row"]["first"]) == 20


def test_ninety_days_of_minutes_are_limited_by_the_network(ingest: Ingest, stores: Stores, waits: SkippingTime) -> None:
    span = TimeRange(CLOSED - 90 * DAY + 12 * HOUR, CLOSED)
    report = ingest(start=span.start, end=span.end)
    count = span.duration // MINUTE
    assert (report.added, report.complete) == (count, True)
    assert report.requests <= count / 999 + 5
    assert stores.candles.count(BTC) == count
    assert read_rows(stores, CANDLES, BTC, span)[0] == next(iter(recorded_in(BTC.id, span).values()))


def test_settled_means_by_the_exchanges_clock(ingest: Ingest, market: ReplayExchange) -> None:
    market.set_clock(CLOSED + MINUTE + 1_999)
    assert ingest().closed_before == "2025-08-18T12:00:00Z"
    market.set_clock(CLOSED + MINUTE + 2_000)
    assert ingest().closed_before == "2025-08-18T12:01:00Z"
