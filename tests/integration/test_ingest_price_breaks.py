"""A price that jumps at the exchange itself: once, for good, or there and back."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from candlecloud.errors import ExchangeError
from candlecloud.exchange.client import ExchangeClient
from candlecloud.jobs import ingest_candles
from candlecloud.market.series import Series
from candlecloud.store.stores import Stores
from tests.support.contexts import context
from tests.support.ingestion import SkippingTime
from tests.support.scripted_venue import MINUTE, ScriptedVenue, candle_row, scripted_venue

BTC = Series.of("binance", "BTC-USDT", "1m")
START = 1_700_006_400_000
BREAK = START + 1_500 * MINUTE
Factor = Callable[[int, int], float]  # of the open time and of the candles asked for


@contextmanager
def breaking(factor: Factor) -> Iterator[tuple[ScriptedVenue, ExchangeClient, SkippingTime]]:
    """A venue whose prices are multiplied."""
    waits = SkippingTime()

    def script(start: int, end: int, limit: int) -> list[Any]:
        first = max(start + -start % MINUTE, START - 200 * MINUTE)
        times = range(first, min(end + 1, venue.now), MINUTE)[:limit]
        return [scaled(time, factor(time, len(times))) for time in times]

    with scripted_venue(script, START + 1_200 * MINUTE) as venue:
        found = ExchangeClient(
            "binance", base_url=venue.base_url, min_interval_ms=0, sleep=waits.sleep, clock_ms=waits.clock,
            rng=random.Random(7),
        )  # fmt: skip
        with closing(found):
            yield venue, found, waits


def scaled(time: int, factor: float) -> list[Any]:
    row = candle_row(time)
    return [time, *(f"{float(price) * factor:.8f}" for price in row[1:5]), *row[5:]]


def test_a_flash_crash_does_not_stop_the_series(stores: Stores) -> None:
    with breaking(lambda time, asked: 0.25 if time == BREAK else 1) as (venue, exchange, waits):
        ingest_candles.ingest(ingest_candles.Request(BTC, START), context(stores, exchange, clock=waits.clock))
        venue.now = START + 1_700 * MINUTE
        report = ingest_candles.ingest(ingest_candles.Request(BTC), context(stores, exchange, clock=waits.clock))
        assert (report.added, report.quarantined, report.complete) == (500, 0, True)
        assert report.anomalies["price_break"] == 2
        venue.now = START + 1_900 * MINUTE
        assert (
            ingest_candles.ingest(ingest_candles.Request(BTC), context(stores, exchange, clock=waits.clock)).added
            == 200
        )
        assert stores.candles.count(BTC) == 1_899


def test_a_redenomination_is_believed_when_its_day_is_over_and_the_ticker_says_so(stores: Stores) -> None:
    with breaking(lambda time, asked: 1 if time < BREAK else 1 / 20) as (venue, exchange, waits):
        venue.quote = 50_000
        ingest_candles.ingest(ingest_candles.Request(BTC, START), context(stores, exchange, clock=waits.clock))
        venue.now, venue.quote = START + 1_700 * MINUTE, 2_500
        early = ingest_candles.ingest(ingest_candles.Request(BTC), context(stores, exchange, clock=waits.clock))
        assert early.added == 0
        with pytest.raises(ExchangeError):
            early.checked()
        venue.now = START + 2_900 * MINUTE
        report = ingest_candles.ingest(ingest_candles.Request(BTC), context(stores, exchange, clock=waits.clock))
        assert (report.added, report.complete, report.anomalies["price_break"]) == (1_700, True, 1)
        assert stores.candles.count(BTC) == 2_899


@pytest.mark.parametrize(
    "factor",
    [
        pytest.param(lambda time, asked: 1 if time < BREAK or asked < 10 else 1 / 20, id="only in wide answers"),
        pytest.param(lambda time, asked: 1 if time < BREAK else 1 / 20, id="lasting, without a reference price"),
        pytest.param(lambda time, asked: 1 / 20 if BREAK <= time < BREAK + 30 * MINUTE else 1, id="half an hour"),
    ],
)
def test_a_jump_that_is_not_the_markets_own_is_refused_and_is_no_success(stores: Stores, factor: Factor) -> None:
    with breaking(factor) as (venue, exchange, waits):
        ingest_candles.ingest(ingest_candles.Request(BTC, START), context(stores, exchange, clock=waits.clock))
        venue.now = START + 1_700 * MINUTE
        due = ingest_candles.Request(BTC, slot="binance/BTC-USDT/1m@2023-11-15T04:20:00Z")
        report = ingest_candles.ingest(due, context(stores, exchange, clock=waits.clock))
        assert (report.added, report.anomalies["unlinked_page"]) == (0, 1)
        with pytest.raises(ExchangeError, match="do not fit"):
            report.checked()
        assert not stores.ingestion.is_slot_done("ingest_candles", due.slot)
        again = ingest_candles.ingest(due, context(stores, exchange, clock=waits.clock))
        assert again.skipped is None, "the platform's retry of the event must be able to take the slot"
