"""Compute one backtest and store its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from candlecloud.errors import CandlecloudError, RunNotFoundError, TransientStoreError
from candlecloud.jobs.context import Context
from candlecloud.jobs.pinned import read_inputs, refuse_other_code
from candlecloud.runs.evaluate import evaluate_run
from candlecloud.runs.identity import run_identity
from candlecloud.runs.state import describe_failure
from candlecloud.tearsheet.page import render


@dataclass(frozen=True)
class Request:
    """One run that `jobs.submit` opened."""

    run_id: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        return cls(str(event["run_id"]))


@dataclass(frozen=True)
class Report:
    """How it ended; the result itself lies in the store."""

    run_id: str
    state: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(request: Request, context: Context) -> Report:
    """Evaluate the run and store manifest, result and summary. A run that has succeeded is left as it is.

    A failure that would come again is recorded with the run, for its user; one of the store is raised, to be tried
    again.

    Raises
    ------
    RunNotFoundError
        If nobody submitted it.
    TransientStoreError
        If the store does not answer.
    """
    stores, now = context.stores, context.now
    record = stores.runs.get(request.run_id)
    if record is None:
        raise RunNotFoundError(f"There is no run {request.run_id}.", run_id=request.run_id)
    if record.state == "succeeded":
        return Report(request.run_id, "succeeded")
    try:
        identity = run_identity(record.config)
        refuse_other_code(identity)
        done = evaluate_run(identity, read_inputs(stores, identity.config))
    except TransientStoreError:
        raise
    except CandlecloudError as error:
        stores.runs.fail(request.run_id, describe_failure(error), now)
        return Report(request.run_id, "failed")
    except Exception:
        stores.runs.fail(request.run_id, {"code": "internal_error", "message": "The run broke; the log says why."}, now)
        raise
    stores.runs.put_artifact(request.run_id, "manifest.json", done.manifest)
    stores.runs.put_artifact(request.run_id, "report.html", render(done.result).encode())
    key = stores.runs.put_artifact(request.run_id, "result.json", done.content)
    stores.runs.finish(request.run_id, key, done.summary, now)
    return Report(request.run_id, "succeeded")
