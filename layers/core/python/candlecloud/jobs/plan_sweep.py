"""Cut a sweep into ready batches and write them as one JSON array, which the state machine maps over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from candlecloud.contract.sweep import SweepConfig
from candlecloud.jobs.context import Context
from candlecloud.jobs.pinned import find_sweep, refuse_other_code
from candlecloud.runs.plan import cut_into_batches


@dataclass(frozen=True)
class Request:
    """One sweep that `jobs.submit` opened.

    Attributes
    ----------
    function : str
        What each batch is computed by; the execution names it, so that a deployment changes nothing for it.
    """

    sweep_id: str
    function: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        return cls(str(event["sweep_id"]), str(event["function"]))


@dataclass(frozen=True)
class Report:
    """Where the plan lies: a pointer, so that states stay small."""

    sweep_id: str
    bucket: str
    plan_key: str
    batches: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(request: Request, context: Context) -> Report:
    """Write the plan.

    The sweep's record holds the moment as of which the candles are read and their checksum, so every batch sees the
    same data, also when a candle is restated meanwhile.

    Raises
    ------
    SweepNotFoundError
        If nobody submitted it.
    ConflictError
        If it was submitted to other code.
    """
    stores, now = context.stores, context.now
    identity = find_sweep(stores, request.sweep_id)
    refuse_other_code(identity)
    plan = [
        {"sweep_id": request.sweep_id, "batch": batch, "start": start, "end": end, "function": request.function}
        for batch, (start, end) in enumerate(cut_into_batches(cast(SweepConfig, identity.config)))
    ]
    key = stores.sweeps.put_plan(request.sweep_id, plan)
    stores.sweeps.set_state(request.sweep_id, "planned", now)
    return Report(request.sweep_id, stores.sweeps.bucket, key, len(plan))
