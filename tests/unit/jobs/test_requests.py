"""Events of the ingestion jobs: read strictly, refused with the field and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from candlecloud.errors import (
    CandlecloudError,
    InvalidParameterError,
    InvalidRangeError,
    InvalidSymbolError,
    InvalidTimeframeError,
    UnknownExchangeError,
)
from candlecloud.jobs import backfill_candles, detect_gaps, ingest_candles, reindex_series, run_backtest
from candlecloud.market.series import Series

EVENTS = Path(__file__).parents[3] / "events"
JOBS = {
    "ingest_candles": ingest_candles,
    "detect_gaps": detect_gaps,
    "backfill_candles": backfill_candles,
    "reindex_series": reindex_series,
}
BTC = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}


@pytest.mark.parametrize("job", JOBS)
def test_the_real_events_are_read(job: str) -> None:
    request = JOBS[job].Request.from_event(json.loads((EVENTS / f"{job}.json").read_text()))
    assert request.series == Series.of("binance", "BTC-USDT", "1h")


def test_times_are_iso_or_milliseconds() -> None:
    read = ingest_candles.Request.from_event
    by_text = read({**BTC, "start": "2024-01-01", "end": "2024-01-02T00:00:00+00:00"})
    by_number = read({**BTC, "start": 1_704_067_200_000, "end": 1_704_153_600_000})
    assert by_text == by_number
    assert read({**BTC, "start": "2024-01-01T01:00:00+01:00"}).start == 1_704_067_200_000


def test_an_event_of_a_schedule_has_a_slot_of_its_own_series() -> None:
    read = ingest_candles.Request.from_event
    fired = {"scheduled_at": "2025-08-18T18:02:00Z"}
    assert read({**BTC, **fired}).slot == "binance/BTC-USDT/1h@2025-08-18T18:02:00Z"
    assert read({**BTC, **fired, "timeframe": "1m"}).slot != read({**BTC, **fired}).slot
    assert read(BTC).slot is None


def test_aliases_and_ccxt_forms_are_understood() -> None:
    request = ingest_candles.Request.from_event({"exchange": "binance", "symbol": "BTC/USDT", "timeframe": "60m"})
    assert request.series.id == "binance/BTC-USDT/1h"


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"exchange": "__class__"}, UnknownExchangeError, "no exchange '__class__'"),
        ({"exchange": None}, InvalidParameterError, "exchange: This field is required"),
        ({"exchange": 7}, InvalidParameterError, "exchange: Input should be a valid string"),
        ({"symbol": "BTC"}, InvalidSymbolError, "not a symbol"),
        ({"symbol": "BTC\x00-USDT"}, InvalidSymbolError, "not a currency code"),
        ({"timeframe": "1M"}, InvalidTimeframeError, "1M"),
        ({"start": "yesterday"}, InvalidRangeError, "start: "),
        ({"start": True}, InvalidRangeError, "start: "),
        ({"start": 2**63}, InvalidRangeError, "1970 to 2100|between 1970 and 2100"),
        ({"start": -1}, InvalidRangeError, "start: "),
        ({"start": float("nan")}, InvalidRangeError, "start: "),
        ({"end": "2024-01-01"}, InvalidRangeError, "needs a start"),
        ({"start": "2024-01-02", "end": "2024-01-01"}, InvalidRangeError, "end: This must be after start"),
        ({"scheduled_at": "<aws.scheduler.scheduled-time>"}, InvalidRangeError, "scheduled_at"),
        ({"reread": "yes"}, InvalidParameterError, "reread: "),
        ({"force": True}, InvalidParameterError, "force: There is no such field"),
    ],
)
def test_bad_events_are_refused(changes: dict[str, Any], error: type[CandlecloudError], says: str) -> None:
    event = {key: value for key, value in {**BTC, **changes}.items() if value is not None}
    with pytest.raises(error, match=says) as caught:
        ingest_candles.Request.from_event(event)
    assert caught.value.hint


@pytest.mark.parametrize("event", [None, [], "text", 7])
@pytest.mark.parametrize("job", JOBS)
def test_an_event_is_an_object(job: str, event: Any) -> None:
    with pytest.raises(InvalidParameterError, match="JSON object"):
        JOBS[job].Request.from_event(event)


def test_reindex_takes_one_series_or_all() -> None:
    assert reindex_series.Request.from_event({}).series is None
    with pytest.raises(InvalidSymbolError, match="symbol"):
        reindex_series.Request.from_event({"exchange": "binance"})


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"run_id": "run_x"}, "attempt: This field is required"),
        ({"run_id": 7, "attempt": 1}, "run_id: "),
        ({"run_id": "run_x", "attempt": "first"}, "attempt: "),
    ],
)
def test_an_event_about_a_record_names_what_is_wrong(event: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidParameterError, match=says):
        run_backtest.Request.from_event(event)


def test_the_hint_to_an_unknown_field_lists_those_that_there_are() -> None:
    with pytest.raises(InvalidParameterError) as caught:
        detect_gaps.Request.from_event({**BTC, "reread": True})
    assert "scheduled_at" in caught.value.hint
    assert "reread" not in caught.value.hint


def test_a_report_that_failed_is_not_passed_on_as_a_success() -> None:
    report = ingest_candles.Report("binance/BTC-USDT/1h", requested=3, failed=3, failures=[{"code": "rate_limited"}])
    with pytest.raises(CandlecloudError, match="3 candles") as caught:
        report.checked()
    assert caught.value.code == "exchange_unavailable"
    assert caught.value.details["report"]["failed"] == 3
