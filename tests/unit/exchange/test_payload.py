"""Requests as a venue wants them, and where its answers hold what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from candlecloud.errors import MalformedResponseError
from candlecloud.exchange.payload import rows_at, value_at, window_params
from candlecloud.exchange.venues import kraken, kucoin
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series

HOUR = 3_600_000


def test_a_path_goes_through_objects_and_lists() -> None:
    answer = {"result": {"list": [{"last": "7"}]}}
    assert value_at(answer, ("result", "list", 0, "last"), "kucoin") == "7"


@pytest.mark.parametrize("answer", [{"list": []}, {"list": "text"}, {"list": {"0": 1}}, [], None, "text"])
def test_a_path_that_leads_nowhere_is_a_malformed_answer(answer: Any) -> None:
    with pytest.raises(MalformedResponseError, match="without the field"):
        value_at(answer, ("list", 0), "kucoin")


def test_the_key_over_the_rows_names_the_market() -> None:
    answer = {"result": {"XXBTZUSD": [[1]], "last": 5}}
    assert rows_at(answer, kraken.SPOT.endpoint("candles"), "kraken") == ([[1]], "XXBTZUSD")
    with pytest.raises(MalformedResponseError, match="2 markets"):
        rows_at({"result": {"A": [], "B": []}}, kraken.SPOT.endpoint("candles"), "kraken")


def test_what_every_request_has_is_sent() -> None:
    endpoint = replace(kucoin.SPOT.endpoint("candles"), fixed={"category": "spot"})
    series = Series.of("kucoin", "BTC-USDT", "1h")
    assert window_params(kucoin.SPOT, endpoint, series, TimeRange(0, HOUR), None) == {
        "category": "spot",
        "symbol": "BTC-USDT",
        "type": "1hour",
        "startAt": 0,
        "endAt": 3600,
    }
