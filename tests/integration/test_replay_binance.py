"""Binance spot and USD-M on the replay exchange, through unmodified ccxt."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ccxt
import duckdb
import pytest

from benchmarks.pagination import MINUTES, WAYS, measure
from infra.local.replay import ReplayExchange
from infra.local.replay.recorded import DEFAULT_FOLDER
from tests.support.replay import connect

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
OUTAGE_EVE = 1_679_655_600_000  # 2023-03-24 11:00 UTC


@pytest.fixture
def binance(market: ReplayExchange) -> Any:
    return connect("binance", market)


def test_load_markets_finds_the_recorded_markets(binance: Any) -> None:
    assert set(binance.load_markets()) == {
        "BTC/USDT",
        "ETH/USDT",
        "BTC/USDT:USDT",
        "ETH/USDT:USDT",
        "NEAR/USDT:USDT",
    }


def test_fetch_time_is_the_replay_clock(binance: Any, market: ReplayExchange) -> None:
    market.set_clock("2024-02-29T12:00:00Z")
    assert binance.fetch_time() == market.now() == 1_709_208_000_000
    assert binance.publicGetPing() == {}


def test_klines_carry_the_recorded_digits(binance: Any, market: ReplayExchange) -> None:
    """Every digit of a page equals what DuckDB reads from the recorded file."""
    market.set_clock("2023-05-01T00:00:00Z")
    page = binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1h", "startTime": OUTAGE_EVE, "limit": 200})
    recorded = duckdb.sql(
        "select open_time, open, high, low, close, volume_base, close_time, volume_quote, trades "
        f"from '{DEFAULT_FOLDER}/binance_spot_BTCUSDT_1h.parquet' where open_time >= {OUTAGE_EVE} limit 200"
    ).fetchall()
    served = [(int(row[0]), *map(Decimal, row[1:6]), int(row[6]), Decimal(row[7]), int(row[8])) for row in page]
    assert served == recorded
    assert page[0][5] == "1267.41714000"
    assert page[0][9:11] == [None, None]  # taker volumes are in no recording: null, never invented


def test_the_real_outage_is_served_as_it_was(binance: Any, market: ReplayExchange) -> None:
    market.set_clock("2023-03-25T00:00:00Z")
    page = binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1h", "startTime": OUTAGE_EVE, "limit": 3})
    stub, after = page[1], page[2]
    assert [row[0] - OUTAGE_EVE for row in page] == [0, HOUR, 3 * HOUR]
    assert stub[1] == stub[2] == stub[3] == stub[4] == "28080.00000000"
    assert (stub[5], stub[6], stub[8]) == ("0.00000000", 1_679_661_581_646, 0)
    assert after[8] == 144_497


def test_minutes_have_null_where_the_recording_is_silent(binance: Any, market: ReplayExchange) -> None:
    row = binance.publicGetKlines({"symbol": "ETHUSDT", "interval": "1m", "startTime": market.now() - HOUR})[0]
    assert float(row[5]) > 0
    assert row[7:11] == [None, None, None, None]


@pytest.mark.parametrize(("asked", "got"), [(None, 500), (1, 1), (1000, 1000), (5000, 1000)])
def test_spot_page_limit_is_cut_in_silence(binance: Any, asked: int | None, got: int) -> None:
    limit = {} if asked is None else {"limit": asked}
    assert len(binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1m", **limit})) == got


def test_cursor_rules(binance: Any, market: ReplayExchange) -> None:
    """startTime counts up from the first candle at or after it; endTime alone gives the newest; both ends included."""
    now = market.now()
    start = now - 100 * MINUTE

    def opens(**params: int) -> list[int]:
        return [row[0] for row in binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1m", **params})]

    assert opens(startTime=start, limit=3) == [start, start + MINUTE, start + 2 * MINUTE]
    assert opens(startTime=start - 1, limit=1) == [start]
    assert opens(startTime=start + 1, limit=1) == [start + MINUTE]
    assert opens(startTime=start, endTime=start + MINUTE) == [start, start + MINUTE]
    assert opens(endTime=start, limit=2) == [start - MINUTE, start]
    assert opens(limit=2) == [now - MINUTE, now]
    assert opens(startTime=start, endTime=start - 1) == []
    assert opens(startTime=0, limit=1) == [1_747_699_200_000]  # before the listing: from the first candle on
    assert opens(startTime=now + 1) == []


def test_pages_chain_to_the_whole_recording(binance: Any, market: ReplayExchange) -> None:
    market.set_clock("2025-08-20T00:00:00Z")
    opens: list[int] = []
    start = 0
    while page := binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1h", "startTime": start, "limit": 1000}):
        opens += [row[0] for row in page]
        start = opens[-1] + 1
    wanted = set(range(1_659_312_000_000, 1_755_648_000_000, HOUR)) - {OUTAGE_EVE + 2 * HOUR}
    assert set(opens) == wanted
    assert len(opens) == len(wanted) == 26_759


@pytest.mark.parametrize(
    ("timeframe", "step"), [("5m", 5 * MINUTE), ("15m", 15 * MINUTE), ("1d", DAY), ("4h", 4 * HOUR)]
)
def test_coarser_candles_add_up_from_recorded_ones(
    binance: Any, market: ReplayExchange, timeframe: str, step: int
) -> None:
    finer, finer_step = ("1m", MINUTE) if step < HOUR else ("1h", HOUR)
    start = 1_755_043_200_000  # 2025-08-13
    coarse = binance.publicGetKlines({"symbol": "BTCUSDT", "interval": timeframe, "startTime": start, "limit": 3})
    count = 3 * step // finer_step
    fine = binance.publicGetKlines({"symbol": "BTCUSDT", "interval": finer, "startTime": start, "limit": count})
    size = step // finer_step
    for index, row in enumerate(coarse):
        parts = fine[index * size : (index + 1) * size]
        assert row[0] == parts[0][0] == start + index * step
        assert row[6] == row[0] + step - 1
        assert (row[1], row[4]) == (parts[0][1], parts[-1][4])
        assert float(row[2]) == max(float(part[2]) for part in parts)
        assert float(row[3]) == min(float(part[3]) for part in parts)
        assert Decimal(row[5]) == sum(Decimal(part[5]) for part in parts)
        if step >= HOUR:
            assert Decimal(row[7]) == sum(Decimal(part[7]) for part in parts)
            assert row[8] == sum(part[8] for part in parts)


def test_recorded_hours_equal_the_sum_of_recorded_minutes(binance: Any, market: ReplayExchange) -> None:
    """Two unrelated recordings agree on all hours that both have."""
    minutes, hours = (market.feed.tape("binance", "spot", "ETHUSDT").columns(step) for step in (MINUTE, HOUR))
    assert minutes is not None
    assert hours is not None
    first = list(hours.open_time).index(minutes.open_time[0])
    for hour in range(2_178):
        span = slice(hour * 60, hour * 60 + 60)
        assert hours.open[first + hour] == minutes.open[span][0]
        assert hours.high[first + hour] == max(minutes.high[span])
        assert hours.low[first + hour] == min(minutes.low[span])
        assert hours.close[first + hour] == minutes.close[span][-1]
        assert hours.volume_base[first + hour] == sum(minutes.volume_base[span])


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"symbol": "NOSUCH", "interval": "1h"}, -1121),
        ({"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ({"symbol": "BTCUSDT"}, -1102),
        ({"interval": "1h"}, -1102),
        ({"symbol": "btc/usdt", "interval": "1h"}, -1100),
        ({"symbol": "BTCUSDT", "interval": "1h", "startTime": "soon"}, -1100),
        ({"symbol": "BTCUSDT", "interval": "1h", "limit": 0}, -1100),
    ],
)
def test_errors_have_binance_bodies(binance: Any, params: dict[str, Any], code: int) -> None:
    with pytest.raises(ccxt.ExchangeError, match=f'"code":{code},"msg":') as caught:
        binance.publicGetKlines(params)
    assert isinstance(caught.value, ccxt.BadSymbol) == (code == -1121)


def test_valid_intervals_without_a_recording_are_empty(binance: Any) -> None:
    assert binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1w"}) == []


def test_unknown_path_is_not_found(binance: Any) -> None:
    with pytest.raises(ccxt.ExchangeNotAvailable, match="404"):
        binance.publicGetDepth({"symbol": "BTCUSDT"})


def test_a_ticker_is_that_of_the_day_before_the_clock(binance: Any, market: ReplayExchange) -> None:
    market.set_clock("2024-11-01T06:00:00Z")
    ticker = binance.fetch_ticker("BTC/USDT")
    hours = binance.fetch_ohlcv("BTC/USDT", "1h", market.now() - DAY, 25)
    assert ticker["timestamp"] == market.now()
    assert (ticker["open"], ticker["last"]) == (hours[0][1], hours[-1][4])
    assert (ticker["high"], ticker["low"]) == (max(row[2] for row in hours), min(row[3] for row in hours))
    # Half an hour earlier the venue itself said, in the recorded ticker:
    assert abs(ticker["last"] / 69_624.0 - 1) < 0.01
    assert (ticker["high"], ticker["low"]) == (72_700.0, 68_830.0)


def test_tickers_without_candles_are_the_recorded_ones(binance: Any, market: ReplayExchange) -> None:
    market.set_clock("2017-01-01T00:00:00Z")
    ticker = binance.fetch_ticker("BTC/USDT")
    tickers = binance.fetch_tickers(["BTC/USDT", "ETH/USDT"])
    assert ticker["last"] == tickers["BTC/USDT"]["last"] == 69_624.0
    assert ticker["datetime"].startswith("2024-11-01")
    assert tickers["ETH/USDT"]["quoteVolume"] == 1_131_373_139.265011


def test_futures_klines_have_all_columns(binance: Any, market: ReplayExchange) -> None:
    market.set_clock("2023-09-01T00:00:00Z")
    request = {"symbol": "NEARUSDT", "interval": "1m", "startTime": 1_690_848_000_000}
    page = binance.fapiPublicGetKlines({**request, "limit": 1500})
    assert len(page) == 1500
    assert page[0][:9] == [
        1_690_848_000_000, "1.370", "1.370", "1.367", "1.367", "79426", 1_690_848_059_999, "108685.481", 232
    ]  # fmt: skip
    assert len(binance.fapiPublicGetKlines(request)) == 500
    with pytest.raises(ccxt.ExchangeError, match="-1130"):
        binance.fapiPublicGetKlines({**request, "limit": 1501})
    assert len(binance.fetch_ohlcv("NEAR/USDT:USDT", "1h", 1_690_848_000_000, 24)) == 24


def test_funding_rate_history(binance: Any, market: ReplayExchange) -> None:
    market.set_clock("2024-01-01T00:00:00Z")
    start = 1_577_836_800_000
    rates = binance.fetch_funding_rate_history("BTC/USDT:USDT", start, 1000)
    assert len(rates) == 1000
    assert (rates[0]["timestamp"], rates[0]["fundingRate"]) == (start, -0.00012359)
    newest = binance.fetch_funding_rate_history("BTC/USDT:USDT")
    assert len(newest) == 100
    assert market.now() - 8 * HOUR < newest[-1]["timestamp"] <= market.now()
    with pytest.raises(ccxt.ExchangeError, match="-1130"):
        binance.fapiPublicGetFundingRate({"symbol": "BTCUSDT", "limit": 1001})
    with pytest.raises(ccxt.BadSymbol):
        binance.fapiPublicGetFundingRate({"symbol": "NOSUCH"})


def test_funding_of_the_future_is_not_served(binance: Any, market: ReplayExchange) -> None:
    market.set_clock(1_672_531_199_999)
    before = binance.fapiPublicGetFundingRate({"symbol": "ETHUSDT", "startTime": 1_672_531_199_000})
    market.advance(1_001)
    after = binance.fapiPublicGetFundingRate({"symbol": "ETHUSDT", "startTime": 1_672_531_199_000})
    assert (before, len(after)) == ([], 1)


def test_open_interest_and_premium_index(binance: Any) -> None:
    interest = binance.fetch_open_interest("BTC/USDT:USDT")
    assert interest["openInterestAmount"] == 83_782.317
    rate = binance.fetch_funding_rate("BTC/USDT:USDT")
    assert (rate["markPrice"], rate["fundingRate"]) == (26_780.82240476, 0.00001226)
    assert set(binance.fetch_funding_rates()) == {"BTC/USDT:USDT"}
    with pytest.raises(ccxt.BadSymbol):
        binance.fetch_open_interest("ETH/USDT:USDT")


def test_ccxts_own_paginate_loses_candles_without_an_error(market: ReplayExchange) -> None:
    """Why there is a pager of our own: all 43,200 minutes are there, ccxt brings 10,000 and says nothing."""
    ways = [measure(market, MINUTES, way, fetch) for way, fetch in WAYS.items()]
    assert MINUTES.wanted == 43_200
    assert [(outcome.got, bool(outcome.refusal)) for outcome in ways] == [(10_000, False), (0, True), (43_200, False)]
