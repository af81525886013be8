"""Cut a fan-out into ready batches and write them as one JSON array, which the state machine maps over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from candlecloud.errors import CandlecloudError, ConflictError, TransientStoreError
from candlecloud.fan_out.kinds import KINDS
from candlecloud.fan_out.plan import make_plan
from candlecloud.jobs.context import Context
from candlecloud.jobs.events import JobReport, JobRequest
from candlecloud.jobs.run_inputs import refuse_other_code
from candlecloud.runs.identity import Identity
from candlecloud.runs.lifecycle import FAN_OUT_LEASE_MS, describe_failure


@dataclass(frozen=True)
class Request(JobRequest):
    """One attempt of a fan-out that `jobs.submit` opened.

    Attributes
    ----------
    functions : mapping
        Job to function. The execution names them, so that a deployment changes nothing for it.
    """

    run_id: str
    attempt: int
    functions: Mapping[str, str]


@dataclass(frozen=True)
class Report(JobReport):
    """Where the plan lies: a pointer, so that states stay small; and the fence that those who write must hold.

    Attributes
    ----------
    round : int
        How often batches have been started before under this claim.
    """

    run_id: str
    fence: int
    bucket: str
    plan_key: str
    batches: int
    round: int = 0


def run(request: Request, context: Context) -> Report:
    """Claim the fan-out and write the plan.

    Its record holds the instant as of which the candles are read and their checksum, so every batch sees the same data,
    also when a candle is restated meanwhile. Repeats of one attempt claim it anew under the next fence.

    Raises
    ------
    ConflictError
        If it was submitted to other code, has ended, or belongs to another attempt.
    """
    stores, run_id, now = context.stores, request.run_id, context.now
    owner = f"attempt {request.attempt}"
    record = stores.runs.claim(run_id, request.attempt, owner, now, now + FAN_OUT_LEASE_MS)
    if record is None:
        raise ConflictError(f"Attempt {request.attempt} of {run_id} has ended or was replaced.", run_id=run_id)
    kind = KINDS.find(record.kind)
    try:
        identity = Identity.read(kind.config, record.document)
        refuse_other_code(identity)
    except TransientStoreError:
        raise
    except CandlecloudError as error:
        stores.runs.fail(record, describe_failure(error), context.now)
        raise
    shared = {"run_id": run_id, "fence": record.fence, "function": request.functions[kind.batch_job]}
    batches = make_plan(kind.work(identity.config)).batches
    plan = [{**shared, "batch": batch, "start": start, "end": end} for batch, (start, end) in enumerate(batches)]
    key = stores.fan_outs.put_plan(run_id, record.fence, 0, plan)
    return Report(run_id, record.fence, stores.fan_outs.bucket, key, len(plan))
