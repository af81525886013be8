"""Begin anew what nobody works on any more: records whose lease has run out."""

from __future__ import annotations

from dataclasses import dataclass

from candlecloud.errors import CandlecloudError
from candlecloud.jobs.context import Context
from candlecloud.jobs.dispatch import start
from candlecloud.jobs.events import JobReport, JobRequest
from candlecloud.runs.lifecycle import MAX_ATTEMPTS, describe_abandoned
from candlecloud.store.run_record import RunRecord


@dataclass(frozen=True)
class Request(JobRequest):
    """A slot of the schedule; it says nothing."""


@dataclass(frozen=True)
class Report(JobReport):
    """How many records had not ended, how many of them were begun anew, and how many were closed as failed."""

    active: int
    begun_anew: int
    given_up: int


def run(_request: Request, context: Context) -> Report:
    """Look at everything that has not ended. What is stale is started again: three attempts each time that
    somebody asks.

    A worker that comes back late finds its fence broken. Whoever looks at the same time loses the same write, so a
    second delivery changes nothing. A start that fails holds up no other: its record waits for the next lease.

    Raises
    ------
    CandlecloudError
        The first start that failed, after all others were made.
    """
    active = begun = given_up = 0
    unstarted: list[CandlecloudError] = []
    for record in context.stores.runs.active():
        active += 1
        if record.lease_until > context.now:
            continue
        if record.recoveries + 1 >= MAX_ATTEMPTS:
            given_up += _give_up(record, context)
            continue
        try:
            begun += _begin_anew(record, context)
        except CandlecloudError as error:
            unstarted.append(error)
    if unstarted:
        raise unstarted[0]
    return Report(active, begun, given_up)


def _give_up(record: RunRecord, context: Context) -> bool:
    error = describe_abandoned(record.recoveries + 1, record.heartbeat_at)
    return context.stores.runs.give_up(record.run_id, record.attempt, error, context.now)


def _begin_anew(record: RunRecord, context: Context) -> bool:
    again = context.stores.runs.recover(record.run_id, context.now)
    if again is None:
        return False
    start(again, context.dispatcher)
    return True
