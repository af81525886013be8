"""Compute one backtest and store its result."""

from __future__ import annotations

from dataclasses import dataclass

from candlecloud.contract.run import RunConfig
from candlecloud.errors import CandlecloudError, RunNotFoundError, TransientStoreError
from candlecloud.experiments.run import evaluate_run
from candlecloud.jobs.context import Context
from candlecloud.jobs.events import JobReport, JobRequest
from candlecloud.jobs.run_inputs import read_inputs, refuse_other_code
from candlecloud.pages.tear_sheet.page import render
from candlecloud.runs.identity import Identity
from candlecloud.runs.lifecycle import describe_failure

_AFTER_DEADLINE_MS = 20_000  # the deadline is a margin before Lambda's own; then nobody works on it any more


@dataclass(frozen=True)
class Request(JobRequest):
    """One attempt of a run that `jobs.submit` opened."""

    run_id: str
    attempt: int


@dataclass(frozen=True)
class Report(JobReport):
    """How it ended; the result itself lies in the store. State ``superseded``: it belongs to somebody else by now."""

    run_id: str
    state: str


def run(request: Request, context: Context) -> Report:
    """Claim the run, evaluate it, and store manifest, result and summary.

    One that has ended, belongs to a later attempt, or is in another's hands is left as it is. A failure that would come
    again is recorded with the run, for its user; one of the store is raised, to be tried again.

    Raises
    ------
    RunNotFoundError
        If nobody submitted it.
    TransientStoreError
        If the store does not answer.
    """
    stores, run_id = context.stores, request.run_id
    lease_until = context.deadline + _AFTER_DEADLINE_MS
    record = stores.runs.claim(run_id, request.attempt, context.owner, context.now, lease_until)
    if record is None:
        return Report(run_id, _state_of(context, run_id))
    try:
        identity = Identity.read(RunConfig, record.document)
        refuse_other_code(identity)
        done = evaluate_run(identity, read_inputs(stores, identity.config))
    except TransientStoreError:
        raise
    except CandlecloudError as error:
        ended = stores.runs.fail(record, describe_failure(error), context.now)
        return Report(run_id, "failed" if ended else "superseded")
    except Exception:
        broke = {"code": "internal_error", "message": "The run failed with an internal error; the log has the cause."}
        stores.runs.fail(record, broke, context.now)
        raise
    stores.runs.put_artifact(run_id, "manifest.json", done.manifest)
    stores.runs.put_artifact(run_id, "report.html", render(done.result).encode())
    key = stores.runs.put_artifact(run_id, "result.json", done.content)
    ended = stores.runs.finish(record, context.now, summary=done.summary, result_key=key)
    return Report(run_id, "succeeded" if ended else "superseded")


def _state_of(context: Context, run_id: str) -> str:
    record = context.stores.runs.get(run_id)
    if record is None:
        raise RunNotFoundError(f"There is no run {run_id}.", run_id=run_id)
    return record.state if record.ended_at is not None else "superseded"
