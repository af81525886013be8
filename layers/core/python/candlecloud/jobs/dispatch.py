"""The port through which work is done elsewhere; `store.dispatch.AwsDispatcher` is it on AWS and in local mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Dispatcher(Protocol):
    """Has other jobs done. Which ones a function may call says its entry in the catalogue."""

    def invoke(self, job: str, payload: Mapping[str, Any]) -> None:
        """Start a job and do not wait; `payload` is its event."""

    def ask(self, job: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Have a job done, wait, and return its report."""

    def start_fan_out(self, name: str, payload: Mapping[str, Any]) -> None:
        """Start the state machine under an execution's name; a second start under the same name changes nothing."""


def attempt_name(record_id: str, attempt: int) -> str:
    """Name of the execution of one attempt: each attempt is started once, however often that is asked for."""
    return record_id if attempt == 1 else f"{record_id}-{attempt}"
