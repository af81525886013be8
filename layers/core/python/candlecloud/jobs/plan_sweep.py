"""Cut a sweep into ready batches and write them as one JSON array, which the state machine maps over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import CandlecloudError, ConflictError, TransientStoreError
from candlecloud.jobs.context import Context
from candlecloud.jobs.pinned import refuse_other_code
from candlecloud.runs.identity import sweep_identity
from candlecloud.runs.lifecycle import FAN_OUT_LEASE_MS, describe_failure
from candlecloud.runs.plan import cut_into_batches


@dataclass(frozen=True)
class Request:
    """One attempt of a sweep that `jobs.submit` opened.

    Attributes
    ----------
    function : str
        What each batch is computed by; the execution names it, so that a deployment changes nothing for it.
    """

    run_id: str
    attempt: int
    function: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        return cls(str(event["run_id"]), int(event["attempt"]), str(event["function"]))


@dataclass(frozen=True)
class Report:
    """Where the plan lies: a pointer, so that states stay small; and the fence that those who write must hold."""

    run_id: str
    fence: int
    bucket: str
    plan_key: str
    batches: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(request: Request, context: Context) -> Report:
    """Claim the sweep and write the plan.

    The sweep's record holds the moment as of which the candles are read and their checksum, so every batch sees the
    same data, also when a candle is restated meanwhile. Repeats of one attempt claim it anew under the next fence.

    Raises
    ------
    ConflictError
        If it was submitted to other code, has ended, or belongs to another attempt.
    """
    stores, run_id, now = context.stores, request.run_id, context.now
    owner = f"attempt {request.attempt}"
    record = stores.runs.claim(run_id, request.attempt, owner, now, now + FAN_OUT_LEASE_MS)
    if record is None:
        raise ConflictError(f"Attempt {request.attempt} of {run_id} is not to be worked on.", run_id=run_id)
    try:
        identity = sweep_identity(record.document)
        refuse_other_code(identity)
    except TransientStoreError:
        raise
    except CandlecloudError as error:
        stores.runs.fail(record, describe_failure(error), context.now)
        raise
    shared = {"run_id": run_id, "fence": record.fence, "function": request.function}
    batches = enumerate(cut_into_batches(cast(SweepConfig, identity.config)))
    plan = [{**shared, "batch": batch, "start": start, "end": end} for batch, (start, end) in batches]
    key = stores.sweeps.put_plan(run_id, record.fence, plan)
    return Report(run_id, record.fence, stores.sweeps.bucket, key, len(plan))
