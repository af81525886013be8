"""The jobs `detect_gaps`, `backfill_candles` and `reindex_series`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from candlecloud.errors import SeriesNotFoundError
from candlecloud.exchange.client import ExchangeClient
from candlecloud.jobs import backfill_candles, detect_gaps, ingest_candles, reindex_series
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.gap import Gap
from candlecloud.market.ranges import TimeRange
from candlecloud.market.rows import rows_table
from candlecloud.market.series import Series
from candlecloud.store import keys
from candlecloud.store.stores import Stores
from infra.local.replay import ReplayExchange
from infra.local.replay.clock import parse_time
from tests.support.contexts import context
from tests.support.ingestion import DAY, HOUR, SkippingTime, client, recorded, recorded_in, stored_in

BTC = Series.of("binance", "BTC-USDT", "1h")
START, END = parse_time("2023-03-01"), parse_time("2023-04-01")
SPAN = TimeRange(START, END)
OUTAGE = TimeRange(parse_time("2023-03-24T13:00:00Z"), parse_time("2023-03-24T14:00:00Z"))
HOLE = TimeRange(START + 100 * HOUR, START + 105 * HOUR)
WAITS = SkippingTime()


@pytest.fixture
def exchange(market: ReplayExchange) -> Iterator[ExchangeClient]:
    market.set_clock(END + DAY)
    found = client(market, waits=WAITS)
    yield found
    found.close()


@pytest.fixture
def holed(stores: Stores) -> Stores:
    """A lake with March 2023 but for five hours of ours, and but for the exchange's outage."""
    rows = [candle for time, candle in recorded_in(BTC.id, SPAN).items() if not HOLE.contains(time)]
    stores.candles.merge(BTC, rows_table(CANDLES, rows, BTC, END, "native"), END)
    return stores


def detect(stores: Stores, **bounds: int) -> detect_gaps.Report:
    return detect_gaps.run(detect_gaps.Request(BTC, **bounds), context(stores, clock=WAITS.clock))


def backfill(stores: Stores, exchange: ExchangeClient, **bounds: int) -> backfill_candles.Report:
    return backfill_candles.backfill(
        backfill_candles.Request(BTC, **bounds), context(stores, exchange, clock=WAITS.clock)
    )


def states(stores: Stores) -> dict[TimeRange, tuple[str, str | None]]:
    found, _ = stores.gaps.list(series=BTC)
    return {gap.range: (gap.state, gap.cause) for gap in found}


def test_holes_become_open_gaps(holed: Stores) -> None:
    report = detect(holed)
    assert (report.expected, report.stored, report.missing) == (744, 738, 6)
    assert (report.gaps_found, report.gaps_new, report.gaps_open, report.gaps_closed) == (2, 2, 2, 0)
    assert states(holed) == {HOLE: ("open", None), OUTAGE: ("open", None)}
    assert report.gaps[0] == {
        "start": "2023-03-05T04:00:00Z", "end": "2023-03-05T09:00:00Z", "state": "open", "cause": None, "candles": 5
    }  # fmt: skip


def test_looking_twice_changes_nothing(holed: Stores) -> None:
    detect(holed)
    before, _ = holed.gaps.list(series=BTC)
    WAITS.sleep(60)
    report = detect(holed)
    after, _ = holed.gaps.list(series=BTC)
    assert (report.gaps_found, report.gaps_new) == (2, 0)
    assert after == before


def test_a_gap_that_is_filled_is_closed_whoever_filled_it(holed: Stores) -> None:
    detect(holed)
    rows = list(recorded_in(BTC.id, HOLE).values())
    holed.candles.merge(BTC, rows_table(CANDLES, rows[:2], BTC, END, "native"), END)
    report = detect(holed)
    assert (report.gaps_new, report.gaps_closed, report.gaps_open) == (0, 1, 2)
    assert states(holed) == {
        TimeRange(HOLE.start, HOLE.start + 2 * HOUR): ("repaired", None),
        TimeRange(HOLE.start + 2 * HOUR, HOLE.end): ("open", None),
        OUTAGE: ("open", None),
    }
    holed.candles.merge(BTC, rows_table(CANDLES, rows, BTC, END, "native"), END)
    assert detect(holed).gaps_open == 1


def test_the_listing_bounds_what_can_be_missing(holed: Stores) -> None:
    first = START - 10 * DAY
    assert detect(holed, start=first).missing == 246
    holed.index.set_listed_from(BTC, START - HOUR, END)
    assert detect(holed, start=first).missing == 7


def test_a_series_without_candles_cannot_be_looked_at(stores: Stores) -> None:
    with pytest.raises(SeriesNotFoundError, match="Nothing is stored"):
        detect(stores)


def test_backfill_repairs_what_it_can_and_says_why_it_cannot(holed: Stores, exchange: ExchangeClient) -> None:
    detect(holed)
    report = backfill(holed, exchange)
    assert (report.gaps_found, report.gaps_fixed, report.candles_added) == (2, 1, 5)
    assert (report.candles_missing, report.candles_unrepairable, report.candles_open) == (6, 1, 0)
    assert report.complete
    (known,) = report.unrepairable
    assert (known["start"], known["cause"]) == ("2023-03-24T13:00:00Z", "absent_at_exchange")
    assert known["evidence"]["candle_before"] == OUTAGE.start - HOUR
    assert known["evidence"]["candle_after"] == OUTAGE.end
    assert len(known["evidence"]["asked"]) >= 2, "two answers agree"
    assert states(holed) == {HOLE: ("repaired", None), OUTAGE: ("explained", "absent_at_exchange")}
    assert stored_in(holed, BTC, SPAN) == recorded_in(BTC.id, SPAN)


def test_what_is_explained_is_not_asked_for_again_unless_a_range_is_given(
    holed: Stores, exchange: ExchangeClient, market: ReplayExchange
) -> None:
    backfill(holed, exchange)
    sent = market.requests.total
    again = backfill(holed, exchange)
    assert (again.gaps_found, again.requests, market.requests.total) == (0, 0, sent + 1)
    asked = backfill(holed, exchange, start=START, end=END)
    assert (asked.gaps_found, asked.candles_unrepairable) == (1, 1)
    assert states(holed)[OUTAGE] == ("explained", "absent_at_exchange")


def test_an_explanation_falls_when_the_candles_come(
    holed: Stores, exchange: ExchangeClient, market: ReplayExchange
) -> None:
    market.add_fault("missing_window", window=(HOLE.start, HOLE.end))
    assert backfill(holed, exchange).candles_unrepairable == 6
    market.clear_faults()
    report = backfill(holed, exchange, start=HOLE.start, end=HOLE.end)
    assert report.candles_added == 5
    assert states(holed)[HOLE] == ("repaired", "absent_at_exchange"), "the cause is what was believed while it was open"


def test_a_hole_of_some_hours_at_the_exchange_is_not_explained_for_ever(
    holed: Stores, exchange: ExchangeClient, market: ReplayExchange
) -> None:
    market.add_fault("missing_window", window=(HOLE.start, HOLE.end))
    assert backfill(holed, exchange).candles_unrepairable == 6
    market.clear_faults()
    market.advance(DAY - 2 * HOUR)
    assert backfill(holed, exchange).gaps_found == 0
    market.advance(2 * HOUR)
    report = backfill(holed, exchange)
    assert (report.gaps_found, report.gaps_fixed, report.candles_added) == (2, 1, 5)
    assert states(holed) == {HOLE: ("repaired", "absent_at_exchange"), OUTAGE: ("explained", "absent_at_exchange")}


def test_a_true_outage_is_asked_about_after_a_day_and_after_a_week_and_never_again(
    holed: Stores, exchange: ExchangeClient, market: ReplayExchange
) -> None:
    backfill(holed, exchange)
    proof = holed.gaps.get(BTC, OUTAGE)
    assert proof is not None
    found = []
    for _ in range(10):
        market.advance(DAY)
        found += [backfill(holed, exchange).gaps_found]
        ingest_candles.ingest(ingest_candles.Request(BTC, START, END), context(holed, exchange, clock=WAITS.clock))
        detect(holed)
    assert found == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    gap = holed.gaps.get(BTC, OUTAGE)
    assert gap is not None
    assert (gap.state, gap.detected_at) == ("explained", proof.detected_at)
    asked = gap.evidence["asked_again_at"]
    assert [round((at - proof.evidence["exchange_time"]) / DAY) for at in asked] == [1, 7]
    assert proof.evidence.items() <= gap.evidence.items()


def test_a_question_that_failed_is_put_again(holed: Stores, exchange: ExchangeClient, market: ReplayExchange) -> None:
    backfill(holed, exchange)
    market.advance(DAY)
    market.add_fault("html_200", path="klines")
    assert backfill(holed, exchange).failed == 1
    assert states(holed)[OUTAGE] == ("explained", "absent_at_exchange")
    market.clear_faults()
    assert backfill(holed, exchange).gaps_found == 1
    assert backfill(holed, exchange).gaps_found == 0


def test_a_gap_that_cannot_be_asked_for_stays_open_and_the_run_is_no_success(
    holed: Stores, exchange: ExchangeClient, market: ReplayExchange
) -> None:
    detect(holed)
    market.add_fault("html_200", path="klines")
    report = backfill(holed, exchange)
    assert (report.gaps_fixed, report.failed, report.complete) == (0, 6, False)
    assert {entry["cause"] for entry in report.still_open} == {"malformed_response"}
    with pytest.raises(Exception, match="could not be asked for"):
        report.checked()
    assert states(holed) == {HOLE: ("open", "malformed_response"), OUTAGE: ("open", "malformed_response")}
    market.clear_faults()
    assert backfill(holed, exchange).complete


def test_a_fault_takes_no_proof_back(holed: Stores, exchange: ExchangeClient, market: ReplayExchange) -> None:
    backfill(holed, exchange)
    market.add_fault("empty_page")
    backfill(holed, exchange, start=START, end=END)
    assert states(holed)[OUTAGE] == ("explained", "absent_at_exchange")


def test_backfill_fetches_a_series_that_is_not_there_yet(stores: Stores, exchange: ExchangeClient) -> None:
    report = backfill(stores, exchange, start=START, end=END)
    assert (report.gaps_found, report.gaps_fixed, report.candles_added) == (1, 0, 743)
    assert (report.candles_unrepairable, report.complete) == (1, True)
    with pytest.raises(SeriesNotFoundError):
        backfill_candles.backfill(
            backfill_candles.Request(Series.of("binance", "ETH-USDT", "1h")),
            context(stores, exchange, clock=WAITS.clock),
        )


def test_backfill_before_the_first_stored_candle(holed: Stores, exchange: ExchangeClient) -> None:
    early = START - 10 * DAY
    report = backfill(holed, exchange, start=early, end=START)
    assert (report.candles_added, report.complete) == (240, True)
    assert stored_in(holed, BTC, TimeRange(early, START)) == recorded_in(BTC.id, TimeRange(early, START))


def test_before_the_listing_is_explained(stores: Stores, exchange: ExchangeClient) -> None:
    first = min(recorded(BTC.id))
    report = backfill(stores, exchange, start=first - 30 * DAY, end=first + DAY)
    assert (report.candles_added, report.candles_unrepairable) == (24, 720)
    assert report.unrepairable[0]["cause"] == "before_listing"
    assert stores.index.listed_from(BTC) == first


def test_beyond_the_history_of_the_exchange_is_explained(stores: Stores, market: ReplayExchange) -> None:
    series = Series.of("kraken", "BTC-USD", "1h")
    market.set_clock("2018-10-01T00:10:00Z")
    exchange = client(market, "kraken", WAITS)
    request = backfill_candles.Request(series, parse_time("2018-08-01"), parse_time("2018-10-01"))
    report = backfill_candles.backfill(request, context(stores, exchange, clock=WAITS.clock))
    exchange.close()
    assert report.candles_added == 719
    (known,) = report.unrepairable
    assert known["cause"] == "beyond_history_cap"
    assert known["evidence"]["history_cap"] == 719


def test_a_backfill_that_was_cut_short_is_resumed(
    stores: Stores, exchange: ExchangeClient, market: ReplayExchange
) -> None:
    request = backfill_candles.Request(BTC, START, END)
    cut = backfill_candles.backfill(request, context(stores, exchange, clock=WAITS.clock, deadline=WAITS.clock() - 1))
    assert (cut.candles_added, cut.candles_open, cut.still_open[0]["cause"]) == (0, 744, "deadline")
    rest = backfill(stores, exchange)  # names no range: the open gap says what is wanted
    assert (rest.candles_added, rest.complete) == (743, True)
    assert market.now() == END + DAY


def test_a_small_new_hole_does_not_wait_behind_a_long_old_one(
    holed: Stores, exchange: ExchangeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_fetch = exchange.fetch_window

    def slow(*args: Any, **options: Any) -> Any:
        WAITS.sleep(10)
        return slow_fetch(*args, **options)

    monkeypatch.setattr(exchange, "fetch_window", slow)
    detect(holed, start=START - 500 * DAY)
    request = backfill_candles.Request(BTC)
    report = backfill_candles.backfill(
        request, context(holed, exchange, clock=WAITS.clock, deadline=WAITS.clock() + 55_000)
    )
    assert states(holed)[HOLE][0] == "repaired"
    assert states(holed)[OUTAGE][0] == "explained"
    assert report.still_open[0]["cause"] == "deadline"


def test_a_backfill_slot_is_run_once(holed: Stores, exchange: ExchangeClient) -> None:
    request = backfill_candles.Request(BTC, slot="binance/BTC-USDT/1h@2023-04-02T00:00:00Z")
    first = backfill_candles.backfill(request, context(holed, exchange, clock=WAITS.clock))
    second = backfill_candles.backfill(request, context(holed, exchange, clock=WAITS.clock))
    assert (first.skipped, first.candles_added) == (None, 5)
    assert second.skipped


def test_ingestion_writes_its_holes_down_itself(stores: Stores, exchange: ExchangeClient) -> None:
    request = ingest_candles.Request(BTC, START, END)
    report = ingest_candles.ingest(request, context(stores, exchange, clock=WAITS.clock))
    assert report.absent == {"absent_at_exchange": 1}
    assert states(stores) == {OUTAGE: ("explained", "absent_at_exchange")}
    again = ingest_candles.ingest(request, context(stores, exchange, clock=WAITS.clock))
    assert (again.absent, again.requests) == ({"known_before": 1}, 0)
    assert detect(stores).gaps_explained == 1


@pytest.mark.parametrize("fault", ["missing_window", "html_200", "empty_page"])
def test_a_stored_candle_that_is_read_again_in_vain_is_no_gap(
    stores: Stores, exchange: ExchangeClient, market: ReplayExchange, fault: str
) -> None:
    ingest_candles.ingest(ingest_candles.Request(BTC, START, END), context(stores, exchange, clock=WAITS.clock))
    market.add_fault(fault, path="klines", window=(HOLE.start, HOLE.end))
    again = ingest_candles.Request(BTC, START, END, reread=True)
    report = ingest_candles.ingest(again, context(stores, exchange, clock=WAITS.clock))
    assert report.fetched < 743, "the fault has hit"
    assert states(stores) == {OUTAGE: ("explained", "absent_at_exchange")}
    assert stored_in(stores, BTC, SPAN) == recorded_in(BTC.id, SPAN)


def test_reindex_puts_the_index_right(holed: Stores) -> None:
    entry = holed.index.read(BTC).entries["2023"]
    holed.index.remove_entry(BTC, entry)
    report = reindex_series.run(reindex_series.Request(BTC), context(holed, clock=WAITS.clock))
    assert (report.objects_checked, report.entries_repaired, report.corrupt) == (1, 1, [])
    again = reindex_series.run(reindex_series.Request(), context(holed, clock=WAITS.clock))
    assert (again.series, again.objects_checked, again.entries_repaired) == (1, 1, 0)


def test_reindex_names_a_damaged_object(holed: Stores) -> None:
    key = keys.data_object(CANDLES, BTC, "2023")
    stored = holed.objects.get(key)
    assert stored is not None
    holed.objects.put(key, stored.body[: len(stored.body) // 2])
    report = reindex_series.run(reindex_series.Request(), context(holed, clock=WAITS.clock))
    assert report.corrupt == ["binance/BTC-USDT/1h 2023"]


def test_a_gap_keeps_the_date_of_its_detection(holed: Stores, exchange: ExchangeClient) -> None:
    detect(holed)
    found: Gap | None = holed.gaps.get(BTC, OUTAGE)
    assert found is not None
    WAITS.sleep(3_600)
    backfill(holed, exchange)
    explained = holed.gaps.get(BTC, OUTAGE)
    assert explained is not None
    assert explained.detected_at == found.detected_at
    assert explained.updated_at > found.updated_at
