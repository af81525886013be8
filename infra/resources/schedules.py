"""EventBridge schedules: one per scheduled job and series."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.context import ContextError, ScheduledSeries
from infra.resources.names import Names
from infra.resources.policies import scheduler_role

# cron(minute hour day-of-month month day-of-week year), UTC. Ingestion comes a minute or more after a close, so that
# the settle lag of every venue has passed; minutes are taken in fives, which keeps an hour at 12 invocations a series.
EXPRESSIONS = {
    "ingest_candles": {
        "1m": "cron(1/5 * * * ? *)",
        "5m": "cron(1/5 * * * ? *)",
        "15m": "cron(2/15 * * * ? *)",
        "1h": "cron(2 * * * ? *)",
        "1d": "cron(5 0 * * ? *)",
    },
    "detect_gaps": {
        "1m": "cron(20 * * * ? *)",
        "5m": "cron(20 * * * ? *)",
        "15m": "cron(20 * * * ? *)",
        "1h": "cron(25 0/6 * * ? *)",
        "1d": "cron(30 1 * * ? *)",
    },
    "backfill_candles": {
        "1m": "cron(40 0/6 * * ? *)",
        "5m": "cron(40 0/6 * * ? *)",
        "15m": "cron(40 0/6 * * ? *)",
        "1h": "cron(45 2 * * ? *)",
        "1d": "cron(50 2 * * ? *)",
    },
}
"""Job to timeframe to expression."""
SCHEDULED_JOBS = tuple(EXPRESSIONS)
ALLOWED_AGE_S = {"ingest_candles": 3 * 3600, "detect_gaps": 13 * 3600, "backfill_candles": 49 * 3600}
"""Job to the age in seconds of its last success above which /health calls it stalled: two missed turns of an hourly
series."""
_NAME = re.compile(r"[0-9a-zA-Z-_.]{1,64}")
_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


def create_schedules(scope: Construct, series: Sequence[ScheduledSeries], names: Names) -> None:
    """Create the schedules of every series."""
    parent = Construct(scope, "Schedules")
    group = scheduler.CfnScheduleGroup(parent, "Group", name=names.schedule_group)
    role = scheduler_role(parent, SCHEDULED_JOBS, names)
    for job, expressions in EXPRESSIONS.items():
        for one in series:
            name = schedule_name(job, one)
            schedule = scheduler.CfnSchedule(
                parent,
                name,
                name=name,
                group_name=names.schedule_group,
                schedule_expression=_expression(expressions, one),
                schedule_expression_timezone="UTC",
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
                target=scheduler.CfnSchedule.TargetProperty(
                    arn=names.function_arn(job),
                    role_arn=role.role_arn,
                    input=event_text(one),
                    dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=names.undelivered_queue_arn),
                    retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=3600, maximum_retry_attempts=5
                    ),
                ),
            )
            schedule.add_resource_dependency(group)


def schedule_name(job: str, series: ScheduledSeries) -> str:
    """Name a schedule.

    Raises
    ------
    ContextError
        When the series' names make one that EventBridge does not take.
    """
    name = f"{job}-{series.exchange}-{series.symbol}-{series.timeframe}"
    if not _NAME.fullmatch(name):
        raise ContextError(
            f"cdk.json: {series.exchange}/{series.symbol}/{series.timeframe} can't be put on a schedule: {name!r} has "
            f"{len(name)} characters; EventBridge takes 64 out of letters, digits, '-', '_' and '.'"
        )
    return name


def event_text(series: ScheduledSeries) -> str:
    """Write the event of a scheduled job; the scheduler puts the slot's time in."""
    event = {
        "exchange": series.exchange,
        "symbol": series.symbol,
        "timeframe": series.timeframe,
        "scheduled_at": _SCHEDULED_TIME,
    }
    return json.dumps(event)


def _expression(expressions: dict[str, str], series: ScheduledSeries) -> str:
    try:
        return expressions[series.timeframe]
    except KeyError:
        raise ContextError(
            f"cdk.json: timeframe {series.timeframe!r} has no schedule; use one of {', '.join(expressions)}"
        ) from None
