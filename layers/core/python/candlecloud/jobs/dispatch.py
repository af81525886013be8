"""The port through which work is started elsewhere; `store.dispatch.AwsDispatcher` is it on AWS and in local mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Dispatcher(Protocol):
    """Starts work and does not wait for it."""

    def start_sweep(self, sweep_id: str, attempt: int = 1) -> None:
        """Start the fan-out of a sweep; a second start of one attempt changes nothing."""

    def start_run(self, run_id: str) -> None:
        """Start one backtest."""

    def start_backfill(self, request: Mapping[str, Any]) -> None:
        """Start a backfill; `request` is the job's event."""
