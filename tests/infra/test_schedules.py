"""Schedules: one per scheduled job and series, with an event that the job understands."""

from __future__ import annotations

import importlib
import json
import re
from itertools import pairwise
from typing import Any

import pytest

from candlecloud.settings import ApiSettings
from infra.audit import text_of
from infra.context import ROOT, ContextError, ScheduledSeries, parse_context, read_raw_context
from infra.functions import FUNCTIONS
from infra.local.schedule_expression import parse_schedule
from infra.resources.schedules import schedule_name
from tests.infra.reading import only, properties

_JOBS = tuple(job for job, spec in FUNCTIONS.items() if spec.series_schedules)
_DAY_MS = 86_400_000
_MONDAY_MS = 1_755_475_200_000  # 2025-08-18


def _job(schedule: dict[str, Any]) -> str:
    arn, _, alias = text_of(schedule["Target"]["Arn"]).rpartition(":")
    assert alias == "live"
    return arn.rsplit(":", 1)[-1].removeprefix("candlecloud-")


def test_one_schedule_per_job_and_series(platform: dict[str, Any]) -> None:
    series = parse_context(read_raw_context()).series
    wanted = {(job, one.exchange, one.symbol, one.timeframe) for job in _JOBS for one in series}
    schedules = [one for one in properties(platform, "AWS::Scheduler::Schedule") if _job(one) in _JOBS]
    events = [json.loads(schedule["Target"]["Input"]) for schedule in schedules]
    found = {
        (_job(schedule), event["exchange"], event["symbol"], event["timeframe"])
        for schedule, event in zip(schedules, events, strict=True)
    }
    assert found == wanted
    assert len(schedules) == len(wanted)


def test_a_job_without_a_series_runs_by_the_clock(platform: dict[str, Any]) -> None:
    found = {_job(one): one for one in properties(platform, "AWS::Scheduler::Schedule") if _job(one) not in _JOBS}
    wanted = {job: spec.schedule for job, spec in FUNCTIONS.items() if spec.schedule is not None}
    assert {job: one["ScheduleExpression"] for job, one in found.items()} == wanted
    for job, one in found.items():
        event = json.loads(one["Target"]["Input"].replace("<aws.scheduler.scheduled-time>", "2025-08-18T18:02:00Z"))
        assert set(event) == set(json.loads((ROOT / "events" / f"{job}.json").read_text()))
        importlib.import_module(f"candlecloud.jobs.{job}").Request.from_event(event)


def test_every_schedule_retries_and_keeps_what_it_could_not_deliver(platform: dict[str, Any]) -> None:
    group = only(platform, "AWS::Scheduler::ScheduleGroup")["Name"]
    for schedule in properties(platform, "AWS::Scheduler::Schedule"):
        target = schedule["Target"]
        assert text_of(target["DeadLetterConfig"]["Arn"]).endswith(":candlecloud-undelivered-schedules")
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 5}
        assert schedule["GroupName"] == group
        assert schedule["ScheduleExpressionTimezone"] == "UTC"
        assert re.fullmatch(r"[0-9a-zA-Z-_.]{1,64}", schedule["Name"])


def test_a_schedule_that_eventbridge_refuses_is_said_at_synth() -> None:
    option = parse_context(
        {"series": [{"exchange": "kucoin", "symbol": "BTC/USD:BTC-260626-50000-C", "timeframe": "1h"}]}
    )
    assert schedule_name("ingest_candles", option.series[0])
    long = ScheduledSeries("kucoin", "A" * 20 + "-" + "B" * 20, "1h")
    with pytest.raises(ContextError, match="EventBridge takes 64"):
        schedule_name("backfill_candles", long)
    with pytest.raises(ContextError, match=r"kucoin/BTC\+X-USD/1h"):
        schedule_name("ingest_candles", ScheduledSeries("kucoin", "BTC+X-USD", "1h"))


@pytest.mark.parametrize("job", _JOBS)
def test_the_job_reads_its_scheduled_event(platform: dict[str, Any], job: str) -> None:
    request_type = importlib.import_module(f"candlecloud.jobs.{job}").Request
    example = json.loads((ROOT / "events" / f"{job}.json").read_text())
    for schedule in properties(platform, "AWS::Scheduler::Schedule"):
        if _job(schedule) != job:
            continue
        text = schedule["Target"]["Input"]
        assert text.count("<aws.scheduler.scheduled-time>") == 1
        event = json.loads(text.replace("<aws.scheduler.scheduled-time>", "2025-08-18T18:02:00Z"))
        request = request_type.from_event(event)
        assert request.series.id == f"{event['exchange']}/{event['symbol']}/{event['timeframe']}"
        assert set(example) == set(event)


def test_health_expects_no_job_more_often_than_its_schedules_fire(platform: dict[str, Any]) -> None:
    (api,) = (f for f in properties(platform, "AWS::Lambda::Function") if f["FunctionName"] == "candlecloud-api")
    variables = {name: text_of(value) for name, value in api["Environment"]["Variables"].items()}
    allowed = ApiSettings.from_environment(variables).allowed_age_s
    assert set(allowed) == set(_JOBS) == {job for job, spec in FUNCTIONS.items() if spec.allowed_age_s is not None}
    for job, age_s in allowed.items():
        expressions = {
            schedule["ScheduleExpression"]
            for schedule in properties(platform, "AWS::Scheduler::Schedule")
            if _job(schedule) == job
        }
        assert 2 * min(_longest_pause_ms(expression) for expression in expressions) <= age_s * 1000


def _longest_pause_ms(expression: str) -> int:
    next_after = parse_schedule(expression)
    times = [_MONDAY_MS]
    while times[-1] < _MONDAY_MS + 3 * _DAY_MS:
        following = next_after(times[-1])
        assert following is not None
        times.append(following)
    return max(later - earlier for earlier, later in pairwise(times))
