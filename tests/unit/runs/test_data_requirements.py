"""Insufficient data: the whole answer, for every way in which candles can be too few."""

from __future__ import annotations

import json
from typing import Any

import pytest

from candlecloud.contract.run import RunConfig
from candlecloud.errors import InsufficientDataError
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.runs.data_requirements import check_data_requirements, choose_range

H = 3_600_000
T0 = 1_704_067_200_000  # 2024-01-01T00:00:00Z
SERIES = Series.of("binance", "BTC-USDT", "1h")


def hours(start: int, end: int) -> list[int]:
    return [T0 + h * H for h in range(start, end)]


def span(start: int, end: int) -> TimeRange:
    return TimeRange(T0 + start * H, T0 + end * H)


def refusal(
    open_times: list[int], available: TimeRange | None, start: int = 50, end: int = 100
) -> InsufficientDataError:
    with pytest.raises(InsufficientDataError) as caught:
        check_data_requirements(SERIES, span(start, end), 50, open_times, available)
    json.dumps(caught.value.details)
    return caught.value


def test_enough() -> None:
    coverage = check_data_requirements(SERIES, span(50, 100), 50, hours(0, 100), span(0, 200))
    assert (coverage.required_candles, coverage.received_candles, coverage.gaps) == (100, 100, ())


def test_holes_inside_are_counted_and_named_but_not_refused() -> None:
    open_times = [*hours(0, 20), *hours(21, 60), *hours(65, 100)]
    document = check_data_requirements(SERIES, span(50, 100), 50, open_times, span(0, 100)).to_dict()
    assert document["missing_candles"] == 6
    assert document["first_gaps"] == [
        {"start": "2024-01-01T20:00:00Z", "end": "2024-01-01T21:00:00Z"},
        {"start": "2024-01-03T12:00:00Z", "end": "2024-01-03T17:00:00Z"},
    ]


def test_hole_at_the_edge_of_a_longer_history_is_a_hole() -> None:
    assert check_data_requirements(SERIES, span(50, 100), 50, hours(3, 98), span(-10, 200)).received_candles == 95


def test_history_begins_too_late() -> None:
    error = refusal(hours(20, 100), span(20, 100))
    assert error.details == {
        "series": "binance/BTC-USDT/1h",
        "required_candles": 100,
        "received_candles": 80,
        "warmup_bars": 50,
        "required_lookback_seconds": 180_000,
        "required_start": {"iso": "2024-01-01T00:00:00Z", "unix_ms": T0},
        "required_end": {"iso": "2024-01-05T04:00:00Z", "unix_ms": T0 + 100 * H},
        "latest_candle": {"iso": "2024-01-05T03:00:00Z", "unix_ms": T0 + 99 * H},
        "suggested_start": {"iso": "2024-01-03T22:00:00Z", "unix_ms": T0 + 70 * H},
        "suggested_end": {"iso": "2024-01-05T04:00:00Z", "unix_ms": T0 + 100 * H},
        "backfill_request": {
            "method": "POST",
            "path": "/ingestion/backfill",
            "body": {
                "exchange": "binance",
                "symbol": "BTC-USDT",
                "timeframe": "1h",
                "start": "2024-01-01T00:00:00Z",
                "end": "2024-01-05T04:00:00Z",
            },
        },
    }
    assert error.message == (
        "100 candles of binance/BTC-USDT/1h from 2024-01-01T00:00:00Z to 2024-01-05T04:00:00Z are needed, 50 of them "
        "to warm up; 80 are stored, what is stored reaches from 2024-01-01T20:00:00Z to 2024-01-05T04:00:00Z."
    )


def test_no_backfill_is_suggested_for_what_the_exchange_never_had() -> None:
    stored = hours(20, 100)
    with pytest.raises(InsufficientDataError) as caught:
        check_data_requirements(SERIES, span(50, 100), 50, stored, span(20, 100), T0 + 20 * H)
    assert caught.value.details["backfill_request"] is None
    assert caught.value.hint == "Start at details.suggested_start."
    assert caught.value.message.endswith("binance has none before 2024-01-01T20:00:00Z.")


def test_suggested_range_is_sufficient() -> None:
    details = refusal(hours(20, 90), span(20, 90)).details
    suggested = TimeRange(details["suggested_start"]["unix_ms"], details["suggested_end"]["unix_ms"])
    assert check_data_requirements(SERIES, suggested, 50, hours(20, 90), span(20, 90)).gaps == ()


def test_history_ends_too_early() -> None:
    details = refusal(hours(0, 90), span(0, 90)).details
    assert details["latest_candle"]["unix_ms"] == T0 + 89 * H
    assert details["suggested_end"]["unix_ms"] == T0 + 90 * H


def test_nothing_stored_has_no_latest_candle_and_no_suggestion() -> None:
    error = refusal([], None)
    assert error.details["latest_candle"] is None
    assert error.details["suggested_start"] is None
    assert error.details["received_candles"] == 0
    assert error.details["backfill_request"]["body"]["start"] == "2024-01-01T00:00:00Z"
    assert error.message.endswith("none is stored.")


def test_history_too_short_for_any_start() -> None:
    assert refusal(hours(0, 40), span(0, 40)).details["suggested_start"] is None


def test_range_that_lies_wholly_in_a_hole() -> None:
    assert refusal(hours(0, 50), span(0, 300)).details["received_candles"] == 50


def config(**fields: Any) -> RunConfig:
    base = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma"}
    return RunConfig.from_dict(base | fields)


def test_open_ends_take_what_is_stored() -> None:
    assert choose_range(config(), 50, span(0, 90), now=0) == span(50, 90)
    assert choose_range(config(start=T0 + 60 * H), 50, span(0, 90), now=0) == span(60, 90)
    assert choose_range(config(end=T0 + 60 * H), 50, span(0, 90), now=0) == span(50, 60)
    assert choose_range(config(start=T0, end=T0 + H), 50, None, now=0) == span(0, 1)


def test_open_ends_never_make_an_empty_range() -> None:
    assert choose_range(config(), 50, span(0, 40), now=0) == span(39, 40)
    assert choose_range(config(start=T0 + 95 * H), 50, span(0, 90), now=0) == span(95, 96)
    assert choose_range(config(), 50, None, now=T0 + 5) == span(-1, 0)
