"""Each slot of a schedule is run once, however often its event is delivered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from candlecloud.errors import ConflictError
from candlecloud.exchange.retry import Clock
from candlecloud.store.ingestion import IngestionStore

ALREADY_DONE = "This slot of the schedule is already done."
_LONGEST_MS = 15 * 60_000
_LEASE_MARGIN_MS = 60_000


class Outcome(Protocol):
    """What is needed of a job's report."""

    def error(self) -> Exception | None: ...


R = TypeVar("R", bound=Outcome)


def run_once(
    ingestion: IngestionStore, job: str, slot: str, work: Callable[[], R], *, clock: Clock, deadline: int
) -> R | None:
    """Do the work of a slot, unless that is done already.

    A slot whose work failed is given back, so that the platform's retry of the event may take it. It is held until a
    minute after the deadline, and no longer than an invocation may live.

    Returns
    -------
    report or None
        None if the slot is done.

    Raises
    ------
    ConflictError
        If another invocation holds the slot. It may be dead: only a later retry of the event can tell.
    """
    now = clock()
    lease = min(_LONGEST_MS, max(0, deadline - now)) + _LEASE_MARGIN_MS
    if not ingestion.claim_slot(job, slot, now, lease):
        if ingestion.is_slot_done(job, slot):
            return None
        raise ConflictError(
            f"Another invocation is working on {slot}.", hint="Send the event again when its lease is over.", slot=slot
        )
    try:
        report = work()
    except Exception:
        ingestion.release_slot(job, slot)
        raise
    if report.error() is not None:
        ingestion.release_slot(job, slot)
    else:
        ingestion.finish_slot(job, slot, clock())
    return report
