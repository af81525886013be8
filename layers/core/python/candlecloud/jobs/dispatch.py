"""The port through which work is done elsewhere; `store.dispatch.AwsDispatcher` is it on AWS and in local mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Dispatcher(Protocol):
    """Starts work without waiting for it; only a preview is waited for."""

    def start_sweep(self, sweep_id: str, attempt: int = 1) -> None:
        """Start the fan-out of a sweep; a second start of one attempt changes nothing."""

    def start_run(self, run_id: str) -> None:
        """Start one backtest."""

    def start_backfill(self, request: Mapping[str, Any]) -> None:
        """Start a backfill; `request` is the job's event."""

    def preview(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Compute features or targets and wait; `request` is the event of `preview_series`, the answer its report."""
