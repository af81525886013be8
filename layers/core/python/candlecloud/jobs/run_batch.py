"""Compute one batch of a fan-out and store its result, or its failure, under the key of its units.

Each kind has a function of its own for it, with the layers and rights that the kind needs; the code is this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name

import pyarrow as pa

from candlecloud.contract.run_spec import RunSpec
from candlecloud.errors import (
    CandlecloudError,
    ConflictError,
    CorruptObjectError,
    RunNotFoundError,
    TransientStoreError,
)
from candlecloud.fan_out.batch_file import BatchResult, read_batch, write_batch
from candlecloud.fan_out.kinds import KINDS
from candlecloud.jobs.context import Context
from candlecloud.jobs.events import JobReport, JobRequest
from candlecloud.jobs.run_inputs import read_inputs, refuse_other_code
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RunInputs
from candlecloud.runs.lifecycle import describe_failure
from candlecloud.store.fan_outs import Units
from candlecloud.store.stores import Stores

Evaluate = Callable[[RunSpec, RunInputs, int, int], BatchResult]


@dataclass(frozen=True)
class Request(JobRequest):
    """One item of a plan: the units ``start`` to ``end - 1``."""

    run_id: str
    fence: int
    batch: int
    start: int
    end: int


@dataclass(frozen=True)
class Report(JobReport):
    """A few bytes for the state; the result lies in the store, if the fan-out still is in these hands."""

    batch: int
    superseded: bool = False


def run_of(name: str) -> Callable[[Request, Context], Report]:
    """The job of one kind; what the kind computes by is imported here.

    Parameters
    ----------
    name : str
        Of the kind.
    """
    kind = KINDS.find(name)
    evaluate: Evaluate = resolve_name(kind.evaluate)

    def run(request: Request, context: Context) -> Report:
        """Evaluate the batch. One that has its result already, or whose fan-out was given up, is left as it is.

        Whatever goes wrong in the evaluation is recorded beside the results, so that the collection can say what is
        missing and why; only a store that does not answer is raised, to be tried again.

        Raises
        ------
        RunNotFoundError
            If nobody submitted it.
        ConflictError
            If it is of another kind.
        TransientStoreError
            If the store does not answer.
        """
        stores = context.stores
        record = stores.runs.get(request.run_id)
        if record is None:
            raise RunNotFoundError(f"There is no {name} {request.run_id}.", run_id=request.run_id)
        if record.kind != name:
            raise ConflictError(f"{request.run_id} is not a {name}.", run_id=request.run_id)
        if (record.state, record.fence) != ("running", request.fence) or not stores.runs.heartbeat(record, context.now):
            return Report(request.batch, superseded=True)
        identity, units = Identity.read(kind.config, record.document), (request.start, request.end)
        schema = kind.schema(identity.config)
        if _is_done(units, schema, stores.fan_outs.get_batch(request.run_id, units)):
            return Report(request.batch)
        try:
            content = _evaluate(evaluate, identity, schema, stores, units)
        except TransientStoreError:
            raise
        except CandlecloudError as error:
            stores.fan_outs.put_failure(request.run_id, request.fence, units, describe_failure(error))
        except Exception as error:  # noqa: BLE001 - recorded, and named by collect: one batch must not stop the others
            said = {"code": "internal_error", "message": f"{type(error).__name__}: {error}"[:500]}
            stores.fan_outs.put_failure(request.run_id, request.fence, units, said)
        else:
            stores.fan_outs.put_batch(request.run_id, units, content)
        return Report(request.batch)

    return run


def _evaluate(evaluate: Evaluate, identity: Identity, schema: pa.Schema, stores: Stores, units: Units) -> bytes:
    """The batch's result as it is stored."""
    refuse_other_code(identity)
    inputs = read_inputs(stores, identity.config)
    inputs.check_revision(identity.data_revision)
    result = evaluate(identity.config, inputs, *units)
    misfit = result.misfit(*units, schema)
    if misfit is not None:
        raise AssertionError(f"The kind gave {misfit}.")
    return write_batch(result)


def _is_done(units: Units, schema: pa.Schema, stored: bytes | None) -> bool:
    try:
        return stored is not None and read_batch(stored).misfit(*units, schema) is None
    except CorruptObjectError:
        return False
