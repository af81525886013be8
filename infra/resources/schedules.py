"""EventBridge schedules: one per job and series, and one per job that runs by the clock alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.context import ContextError, ScheduledSeries
from infra.functions import FUNCTIONS
from infra.resources.names import Names
from infra.resources.policies import scheduler_role

_NAME = re.compile(r"[0-9a-zA-Z-_.]{1,64}")
_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


def create_schedules(scope: Construct, series: Sequence[ScheduledSeries], names: Names) -> None:
    """Create the schedules of every series, and those of the jobs that need none."""
    parent = Construct(scope, "Schedules")
    group = scheduler.CfnScheduleGroup(parent, "Group", name=names.schedule_group)
    scheduled = [job for job, spec in FUNCTIONS.items() if spec.series_schedules or spec.schedule]
    role = scheduler_role(parent, scheduled, names)

    def create(job: str, name: str, expression: str, event: str) -> None:
        schedule = scheduler.CfnSchedule(
            parent,
            name,
            name=name,
            group_name=names.schedule_group,
            schedule_expression=expression,
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=names.alias_arn(job),
                role_arn=role.role_arn,
                input=event,
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=names.undelivered_queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=5
                ),
            ),
        )
        schedule.add_resource_dependency(group)

    for job in scheduled:
        spec = FUNCTIONS[job]
        for one in series if spec.series_schedules else ():
            create(job, schedule_name(job, one), _expression(spec.series_schedules, one), event_text(one))
        if spec.schedule is not None:
            create(job, job, spec.schedule, json.dumps({"scheduled_at": _SCHEDULED_TIME}))


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


def _expression(expressions: Mapping[str, str], series: ScheduledSeries) -> str:
    try:
        return expressions[series.timeframe]
    except KeyError:
        raise ContextError(
            f"cdk.json: timeframe {series.timeframe!r} has no schedule; use one of {', '.join(expressions)}"
        ) from None
