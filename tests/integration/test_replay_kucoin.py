"""KuCoin on the replay exchange, through unmodified ccxt."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from infra.local.replay import ReplayExchange
from tests.support.replay import connect

HOUR, DAY = 3_600_000, 86_400_000


@pytest.fixture
def kucoin(market: ReplayExchange) -> Any:
    return connect("kucoin", market)


def candles(kucoin: Any, **params: Any) -> list[list[Any]]:
    data: list[list[Any]] = kucoin.publicGetMarketCandles({"symbol": "BTC-USDT", "type": "1hour", **params})["data"]
    return data


def running(market: ReplayExchange) -> int:
    return market.now() - market.now() % HOUR


def test_load_markets_time_and_tickers(kucoin: Any, market: ReplayExchange) -> None:
    assert set(kucoin.load_markets()) == {"BTC/USDT", "ETH/USDT", "BTC/USDT:USDT"}
    assert kucoin.fetch_time() == market.now()
    assert kucoin.fetch_tickers(["BTC/USDT"])["BTC/USDT"]["last"] == 67_193.0
    assert kucoin.fetch_ticker("BTC/USDT")["last"] == 66_981.5


def test_newest_first_in_seconds_open_close_high_low(kucoin: Any, market: ReplayExchange) -> None:
    at = running(market)
    rows = candles(kucoin, startAt=at // 1000 - 3 * 3600, endAt=at // 1000 + 3600)
    assert [int(row[0]) * 1000 for row in rows] == [at - n * HOUR for n in range(4)]
    for row in rows:
        opened, close, high, low = (float(price) for price in row[1:5])
        assert low <= min(opened, close)
        assert max(opened, close) <= high
        assert row[6] is None  # turnover is in no recording
    unified = kucoin.fetch_ohlcv("BTC/USDT", "1h", at - 3 * HOUR, 4)
    assert [row[0] for row in unified] == [at - n * HOUR for n in (3, 2, 1, 0)]
    assert unified[0][1:6] == [float(rows[-1][index]) for index in (1, 3, 4, 2, 5)]


def test_end_is_exclusive_start_inclusive(kucoin: Any, market: ReplayExchange) -> None:
    at = running(market) // 1000
    assert [int(row[0]) for row in candles(kucoin, startAt=at - 7200, endAt=at)] == [at - 3600, at - 7200]
    assert [int(row[0]) for row in candles(kucoin, startAt=at - 7199, endAt=at + 1)] == [at, at - 3600]


def test_of_more_than_1500_the_newest_1500(kucoin: Any, market: ReplayExchange) -> None:
    at = running(market) // 1000
    rows = candles(kucoin, startAt=at - 3000 * 3600, endAt=at + 3600)
    assert len(rows) == 1500
    assert (int(rows[0][0]), int(rows[-1][0])) == (at, at - 1499 * 3600)
    assert len(candles(kucoin)) == 100


def test_windows_chain_to_the_whole_recording(kucoin: Any, market: ReplayExchange) -> None:
    market.set_clock("2025-08-20T00:00:00Z")
    first, end = market.recorded_series()["kucoin/BTC-USDT/1h"]
    seen: list[int] = []
    for start in range(first, end, 1500 * HOUR):
        rows = kucoin.fetch_ohlcv("BTC/USDT", "1h", start, 1500)
        seen += [row[0] for row in rows]
    assert seen == list(range(first, end, HOUR))


def test_days_add_up_from_hours(kucoin: Any, market: ReplayExchange) -> None:
    day = market.now() - market.now() % DAY - DAY
    row = kucoin.fetch_ohlcv("ETH/USDT", "1d", day, 1)[0]
    hours = kucoin.fetch_ohlcv("ETH/USDT", "1h", day, 24)
    assert row[:5] == [day, hours[0][1], max(h[2] for h in hours), min(h[3] for h in hours), hours[-1][4]]


@pytest.mark.parametrize(
    ("params", "error", "code"),
    [
        ({"symbol": "BTC-USDT", "type": "7min"}, ccxt.BadRequest, "400100"),
        ({"symbol": "NO-SUCH", "type": "1hour"}, ccxt.ExchangeError, "900001"),
        ({"symbol": "BTC-USDT", "type": "1hour", "startAt": "soon"}, ccxt.BadRequest, "400100"),
    ],
)
def test_errors_have_kucoin_bodies(kucoin: Any, params: dict[str, Any], error: type[Exception], code: str) -> None:
    with pytest.raises(error, match=f'"code":"{code}","msg":'):
        kucoin.publicGetMarketCandles(params)


def test_unknown_path(kucoin: Any) -> None:
    with pytest.raises(ccxt.NotSupported, match="404000"):
        kucoin.publicGetMarketHistories({"symbol": "BTC-USDT"})
