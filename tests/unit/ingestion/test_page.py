"""Validating a page: what is a candle of the window, what is bad, what is odd."""

from __future__ import annotations

from typing import Any

import pytest

from candlecloud.exchange.client import Page
from candlecloud.exchange.venues import binance, kraken
from candlecloud.ingestion.fetch.page import (
    PageResult,
    find_jumps,
    find_leap,
    is_restatement,
    validate_page,
)
from candlecloud.market.candle import Candle
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series

MINUTE = 60_000
T0 = 1_700_000_040_000
BTC = Series.of("binance", "BTC-USDT", "1m")
KRAKEN = Series.of("kraken", "BTC-USD", "1m")
SPOT, KRAKEN_SPOT = binance.SPOT, kraken.SPOT
WINDOW = TimeRange(T0, T0 + 5 * MINUTE)


def row(n: int, price: float = 100.0, **changes: Any) -> list[Any]:
    time = changes.get("time", T0 + n * MINUTE)
    text = str(price)
    close = str(changes.get("close", price))
    return [time, text, str(price + 1), str(price - 1), close, "5", time + MINUTE - 1, "500", 7, None, None, "0"]


def validated(rows: list[Any], *, closed: int = WINDOW.end, now: int | None = None) -> PageResult:
    page = Page(WINDOW, rows, None, "ab" * 32)
    return validate_page(page, SPOT, CANDLES, BTC, closed_before=closed, now=closed if now is None else now)


def reasons(result: PageResult) -> dict[str, int]:
    return {bad.reason: len(bad.rows) for bad in result.bad}


def test_a_clean_page() -> None:
    result = validated([row(n) for n in range(5)])
    assert list(result.good) == [T0 + n * MINUTE for n in range(5)]
    assert (result.bad, dict(result.anomalies), result.is_odd) == ((), {}, False)


def test_order_is_put_right_and_noted() -> None:
    result = validated([row(n) for n in (2, 1, 0)])
    assert list(result.good) == [T0 + n * MINUTE for n in range(3)]
    assert result.anomalies["reversed_page"] == 1


def test_an_empty_page_is_an_anomaly() -> None:
    assert validated([]).anomalies == {"empty_page": 1}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(1, time=T0 + MINUTE + 7_000), "off_grid"),
        (row(1, close="NaN"), "not_finite"),
        (row(1, price=-5.0), "not_positive"),
        (row(1, close=250.0), "high_low_bounds"),
        (row(9), "in_future"),
        (row(-3), "out_of_range"),
        ([T0 + MINUTE, "1"], "malformed"),
    ],
)
def test_bad_rows_are_kept_out_with_their_reason(bad: list[Any], reason: str) -> None:
    result = validated([row(0), bad, row(2)])
    assert list(result.good) == [T0, T0 + 2 * MINUTE]
    assert reasons(result) == {reason: 1}
    assert result.is_odd


def test_the_running_candle_is_left_out_but_not_bad() -> None:
    result = validated([row(n) for n in range(5)], closed=T0 + 4 * MINUTE, now=T0 + 4 * MINUTE + 30_000)
    assert list(result.good) == [T0 + n * MINUTE for n in range(4)]
    assert (result.bad, result.anomalies) == ((), {"running_candle": 1})


def test_neighbours_of_the_window_are_left_out_without_a_word() -> None:
    """Whether a bound is inclusive differs between venues by one candle."""
    result = validated([row(-1), row(0), row(5)], closed=T0 + 9 * MINUTE)
    assert list(result.good) == [T0]
    assert result.bad == ()


def test_of_two_rows_for_one_candle_neither_is_believed_if_they_differ() -> None:
    assert list(validated([row(0), row(0), row(1)]).good) == [T0, T0 + MINUTE]
    result = validated([row(0), row(0, price=101.0), row(1)])
    assert list(result.good) == [T0 + MINUTE]
    assert result.bad_times == {T0}


def test_a_page_for_another_market_is_bad_as_a_whole() -> None:
    rows = [[(T0 + n * MINUTE) // 1000, "100", "101", "99", "100", None, "5", 7] for n in range(3)]
    wrong, right = (
        validate_page(
            Page(WINDOW, rows, key, ""), KRAKEN_SPOT, CANDLES, KRAKEN, closed_before=WINDOW.end, now=WINDOW.end
        )
        for key in ("XETHZUSD", "XXBTZUSD")
    )
    assert (len(wrong.good), reasons(wrong), wrong.unreadable) == (0, {"wrong_symbol": 3}, 3)
    assert (len(right.good), right.bad) == (3, ())


def candle(n: int, price: float, **changes: Any) -> Candle:
    return Candle(T0 + n * MINUTE, price, price + 1, price - 1, price, 5.0, 500.0, 7)._replace(**changes)


def test_prices_do_not_jump_between_markets() -> None:
    assert find_jumps(CANDLES, [candle(0, 100), candle(1, 290), candle(2, 100)], MINUTE) == []
    assert find_jumps(CANDLES, [candle(0, 100), candle(1, 4), candle(2, 4)], MINUTE) == [T0 + MINUTE]
    assert find_jumps(CANDLES, [candle(0, 100), candle(50, 1_500)], MINUTE) == []
    assert find_jumps(CANDLES, [], MINUTE) == []


def test_prices_may_leap_only_with_reference_prices() -> None:
    assert find_leap(CANDLES, [candle(0, 100), candle(50, 900)]) is None
    assert find_leap(CANDLES, [candle(0, 100), candle(50, 1_500)]) == T0 + 50 * MINUTE
    assert find_leap(CANDLES, [candle(0, 100)]) is None


def test_what_a_page_does_not_say_is_not_compared() -> None:
    assert CANDLES.same(candle(0, 100), candle(0, 100, volume_quote=None, trades=None))
    assert not CANDLES.same(candle(0, 100), candle(0, 100, trades=8))
    assert not CANDLES.same(candle(0, 100), candle(0, 100, close=100.5))
    assert is_restatement(CANDLES, candle(0, 100), candle(0, 100, close=100.5))
    assert not is_restatement(CANDLES, candle(0, 100), candle(0, 120))
