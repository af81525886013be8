"""Compute one batch of a sweep and store its result, or its failure, under the batch's own key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import CandlecloudError, CorruptObjectError, SweepNotFoundError, TransientStoreError
from candlecloud.jobs.context import Context
from candlecloud.jobs.pinned import read_inputs, refuse_other_code
from candlecloud.runs.batch import evaluate_batch
from candlecloud.runs.batch_file import failed_batch, read_batch, write_batch
from candlecloud.runs.identity import sweep_identity
from candlecloud.runs.lifecycle import describe_failure
from candlecloud.runs.result_rows import rows_schema


@dataclass(frozen=True)
class Request:
    """One item of a plan: the parameter sets ``start`` to ``end - 1``."""

    run_id: str
    fence: int
    batch: int
    start: int
    end: int

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        numbers = (int(event[name]) for name in ("fence", "batch", "start", "end"))
        return cls(str(event["run_id"]), *numbers)


@dataclass(frozen=True)
class Report:
    """A few bytes for the state; the result lies in the store, if the sweep still is in these hands."""

    batch: int
    superseded: bool = False

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(request: Request, context: Context) -> Report:
    """Evaluate the batch. One that has its result already, or whose sweep was given up, is left as it is.

    Whatever goes wrong in the evaluation is recorded as the batch's result, so that the sweep can say what is missing
    and why; only a store that does not answer is raised, to be tried again.

    Raises
    ------
    SweepNotFoundError
        If nobody submitted the sweep.
    TransientStoreError
        If the store does not answer.
    """
    stores = context.stores
    record = stores.runs.get(request.run_id)
    if record is None:
        raise SweepNotFoundError(f"There is no sweep {request.run_id}.", sweep_id=request.run_id)
    if (record.state, record.fence) != ("running", request.fence) or not stores.runs.heartbeat(record, context.now):
        return Report(request.batch, superseded=True)
    identity = sweep_identity(record.document)
    config = cast(SweepConfig, identity.config)
    if _is_done(request, config, stores.sweeps.get_batch_result(request.run_id, request.batch)):
        return Report(request.batch)
    try:
        refuse_other_code(identity)
        inputs = read_inputs(stores, config)
        inputs.check_revision(identity.data_revision)
        result = evaluate_batch(config, inputs, request.start, request.end)
    except TransientStoreError:
        raise
    except CandlecloudError as error:
        result = failed_batch(request.start, request.end, describe_failure(error))
    except Exception as error:  # noqa: BLE001 - recorded, and named by collect: one batch must not stop the others
        said = {"code": "internal_error", "message": f"{type(error).__name__}: {error}"[:500]}
        result = failed_batch(request.start, request.end, said)
    stores.sweeps.put_batch_result(request.run_id, request.batch, write_batch(result))
    return Report(request.batch)


def _is_done(request: Request, config: SweepConfig, stored: bytes | None) -> bool:
    try:
        return stored is not None and read_batch(stored).fits(asdict(request), rows_schema(config))
    except CorruptObjectError:
        return False
