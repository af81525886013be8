"""Kraken on the replay exchange, through unmodified ccxt."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import ccxt
import pytest

from infra.local.replay import ReplayExchange
from tests.support.replay import connect

HOUR, DAY = 3_600_000, 86_400_000
CLOCK = "2018-06-01T10:30:00Z"
RUNNING = 1_527_847_200_000  # 2018-06-01 10:00


@pytest.fixture
def kraken(market: ReplayExchange) -> Any:
    market.set_clock(CLOCK)
    return connect("kraken", market)


def ohlc(kraken: Any, **params: Any) -> tuple[list[list[Any]], int]:
    result = kraken.publicGetOHLC({"pair": "XXBTZUSD", "interval": 60, **params})["result"]
    return result["XXBTZUSD"], result["last"]


def test_load_markets_and_time(kraken: Any, market: ReplayExchange) -> None:
    assert list(kraken.load_markets()) == ["BTC/USD"]
    assert kraken.fetch_time() == market.now()


def test_the_newest_720_whatever_is_asked(kraken: Any) -> None:
    rows, last = ohlc(kraken, since=0)
    assert len(rows) == 720
    assert rows[-1][0] * 1000 == RUNNING
    assert last * 1000 == RUNNING - HOUR  # the running candle is not committed
    assert ohlc(kraken)[0] == rows
    old = kraken.fetch_ohlcv("BTC/USD", "1h", RUNNING - 90 * DAY)
    assert old[0][0] == RUNNING - 719 * HOUR  # 61 days late, and no error


def test_since_is_exclusive_and_the_running_candle_is_always_there(kraken: Any) -> None:
    since = (RUNNING - 5 * HOUR) // 1000
    assert [row[0] - since for row in ohlc(kraken, since=since)[0]] == [3600 * n for n in range(1, 6)]
    assert [row[0] - since for row in ohlc(kraken, since=since - 1)[0]] == [3600 * n for n in range(6)]
    for late in (RUNNING // 1000, RUNNING // 1000 + 86_400):
        rows, last = ohlc(kraken, since=late)
        assert [row[0] * 1000 for row in rows] == [RUNNING]
        assert last * 1000 == RUNNING - HOUR


def test_polling_with_last_never_misses_a_candle(kraken: Any, market: ReplayExchange) -> None:
    seen: list[int] = []
    last = (RUNNING - HOUR) // 1000
    for _ in range(6):
        market.advance(HOUR)
        rows, last = ohlc(kraken, since=last)
        seen += [row[0] * 1000 for row in rows[:-1]]
    assert seen == [RUNNING + n * HOUR for n in range(6)]


def test_row_form(kraken: Any) -> None:
    rows, _ = ohlc(kraken)
    time_s, *prices, vwap, volume, count = rows[-2]
    assert (time_s * 1000, prices) == (RUNNING - HOUR, ["7588.8", "7599.1", "7512.9", "7536.4"])
    assert (vwap, volume) == (None, "242.89284187")  # no recording has the vwap
    assert count > 0


def test_the_outage_of_january_2018(kraken: Any, market: ReplayExchange) -> None:
    market.set_clock("2018-01-15T00:00:00Z")
    opens = [row[0] * 1000 for row in ohlc(kraken)[0]]
    holes = [(later - at) // HOUR - 1 for at, later in pairwise(opens) if later - at != HOUR]
    assert holes == [5, 1, 23, 19, 2]


def test_days_add_up_from_hours(kraken: Any) -> None:
    day = kraken.fetch_ohlcv("BTC/USD", "1d", RUNNING - 2 * DAY)[0]
    hours = [row for row in kraken.fetch_ohlcv("BTC/USD", "1h", day[0]) if row[0] < day[0] + DAY]
    assert day[1:5] == [
        hours[0][1],
        max(row[2] for row in hours),
        min(row[3] for row in hours),
        hours[-1][4],
    ]
    assert day[5] == pytest.approx(sum(row[5] for row in hours), rel=1e-12)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"pair": "NOSUCH"}, ccxt.ExchangeError, "EQuery:Unknown asset pair"),
        ({"pair": "XBTUSD", "interval": 7}, ccxt.BadRequest, "EGeneral:Invalid arguments"),
        ({"pair": "XBTUSD", "since": "soon"}, ccxt.BadRequest, "EGeneral:Invalid arguments"),
        ({}, ccxt.BadRequest, "EGeneral:Invalid arguments"),
    ],
)
def test_errors_come_with_status_200(
    kraken: Any, market: ReplayExchange, params: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        kraken.publicGetOHLC(params)
    assert market.requests.entries()[-1].status == 200


def test_names_of_assets_and_pairs(kraken: Any) -> None:
    assert list(kraken.publicGetAssets({"asset": "XBT"})["result"]) == ["XXBT"]
    assert list(kraken.publicGetAssetPairs({"pair": "XBT/USD"})["result"]) == ["XXBTZUSD"]
    assert list(kraken.publicGetOHLC({"pair": "XBTUSD", "interval": 10080})["result"]) == ["XXBTZUSD", "last"]
    with pytest.raises(ccxt.BadSymbol):
        kraken.publicGetAssets({"asset": "NOSUCH"})
    with pytest.raises(ccxt.ExchangeError, match="EGeneral:Unknown method"):
        kraken.publicGetSpread({"pair": "XBTUSD"})
