"""The port through which work is done elsewhere; `store.dispatch.AwsDispatcher` is it on AWS and in local mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from candlecloud.store.run_record import RunRecord


class Dispatcher(Protocol):
    """Has other jobs done. Which ones a function may call says its entry in the catalogue."""

    @property
    def functions(self) -> Mapping[str, str]:
        """Job to the version of the function that is called for it."""

    def invoke(self, job: str, payload: Mapping[str, Any], functions: Mapping[str, str] | None = None) -> None:
        """Start a job and do not wait; `payload` is its event. With `functions`, of the versions that those name."""

    def ask(self, job: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Have a job done, wait, and return its report."""

    def start_fan_out(self, name: str, payload: Mapping[str, Any], functions: Mapping[str, str] | None = None) -> None:
        """Start the state machine under an execution's name; a second start under the same name changes nothing."""


def start(record: RunRecord, dispatcher: Dispatcher) -> None:
    """Start an attempt of what a record describes, by the functions that it was submitted to."""
    event = {"run_id": record.run_id, "attempt": record.attempt}
    if record.kind == "run":
        dispatcher.invoke("run_backtest", event, record.functions)
    else:
        dispatcher.start_fan_out(attempt_name(record.run_id, record.attempt), event, record.functions)


def attempt_name(record_id: str, attempt: int) -> str:
    """Name of the execution of one attempt: each attempt is started once, however often that is asked for."""
    return record_id if attempt == 1 else f"{record_id}-{attempt}"
