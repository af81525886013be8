"""Several faults at once, drawn at random: nothing wrong is stored, every candle is accounted for, and all comes in the
end."""

from __future__ import annotations

import random
from contextlib import closing

import pytest

from candlecloud.jobs import backfill_candles, ingest_candles
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.store.stores import Stores
from infra.local.replay import FAULT_NAMES, ReplayExchange
from infra.local.replay.clock import parse_time
from tests.support.contexts import context
from tests.support.ingestion import HOUR, SkippingTime, client, recorded_in, stored_in

ETH = Series.of("binance", "ETH-USDT", "1h")
NOW = parse_time("2024-09-01T00:10:00Z")
SPAN = TimeRange(parse_time("2024-03-01"), parse_time("2024-09-01"))
# What the exchange says differently is stored as it says it; those faults have tests of their own.
PASSING = [name for name in FAULT_NAMES if name not in ("restated_candle", "unclosed_last", "timeout")]


def strike(market: ReplayExchange, rng: random.Random) -> None:
    """Switch on three faults, each for a few requests or a few hours."""
    for name in rng.sample(PASSING, 3):
        at = SPAN.start + rng.randrange(4_000) * HOUR
        where = rng.random() < 0.5 or name == "missing_window"
        window = {"window": (at, at + rng.randrange(1, 60) * HOUR)} if where else {}
        market.add_fault(name, path="klines", skip=rng.randrange(6), times=rng.randrange(1, 6), **window)


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 200))])
def test_a_storm_is_survived(seed: int, market: ReplayExchange, stores: Stores) -> None:
    rng, waits = random.Random(seed), SkippingTime()
    market.reset(NOW)
    strike(market, rng)
    request = ingest_candles.Request(ETH, SPAN.start, SPAN.end)
    truth = recorded_in(ETH.id, SPAN)
    with closing(client(market, waits=waits)) as exchange:
        report = ingest_candles.ingest(request, context(stores, exchange, clock=waits.clock))
        assert report.adds_up()
        stored = stored_in(stores, ETH, SPAN)
        assert stored.items() <= truth.items()
        assert report.fetched == len(stored)
        market.clear_faults()
        waits.sleep(3_600)
        ingest_candles.ingest(request, context(stores, exchange, clock=waits.clock)).checked()
        again = backfill_candles.Request(ETH, SPAN.start, SPAN.end)
        assert backfill_candles.backfill(again, context(stores, exchange, clock=waits.clock)).complete
    assert stored_in(stores, ETH, SPAN) == truth
