"""What the routes of everything that runs share: who takes a request, its start, and what every record tells."""

from __future__ import annotations

from typing import Any

from candlecloud.api.app_context import AppContext
from candlecloud.api.responses import both_forms
from candlecloud.errors import CandlecloudError
from candlecloud.jobs.dispatch import start
from candlecloud.jobs.submit import Deployed, Submission
from candlecloud.runs.lifecycle import describe_failure
from candlecloud.store.run_record import RunRecord


def deployed(app: AppContext) -> Deployed:
    """What computes the requests that this API takes."""
    options = app.options
    return Deployed(app.dispatcher.functions, options.git_hash, options.batches_at_once)


def started(app: AppContext, submission: Submission) -> RunRecord:
    """The record of a submission, started if this call opened it.

    Raises
    ------
    CandlecloudError
        If it could not be started; the record then says so, and the same request tries again.
    """
    record = submission.record
    if submission.is_new:
        try:
            start(record, app.dispatcher)
        except CandlecloudError as error:
            app.stores.runs.abandon(record.run_id, record.attempt, describe_failure(error), app.clock())
            raise
    return record


def record_fields(record: RunRecord) -> dict[str, Any]:
    """What an answer says of any record, as it is held: nothing is read again to be written the same."""
    return {
        "state": record.state,
        "attempt": record.attempt,
        **both_forms(created_at=record.created_at, updated_at=record.updated_at),
        **record.document,
        "git_hash": record.git_hash,
        "error": record.error,
    }
