"""Executions of state machines that are under way: wait for them, note them down, start them again.

moto runs them in daemon threads, so a platform that stops takes them with it. What was under way is noted in the saved
state and started again after a restart; that is safe because every step writes under fixed keys.
"""

from __future__ import annotations

import time
from typing import Any

_POLL_S = 0.05


class Executions:
    """The executions of every state machine of the embedded AWS."""

    def __init__(self, stepfunctions: Any) -> None:
        self._stepfunctions = stepfunctions

    def running(self) -> list[dict[str, str]]:
        """List what is under way: state machine, name and input of each."""
        found = []
        for machine in self._stepfunctions.list_state_machines()["stateMachines"]:
            arn = machine["stateMachineArn"]
            for execution in self._stepfunctions.list_executions(stateMachineArn=arn, statusFilter="RUNNING")[
                "executions"
            ]:
                described = self._stepfunctions.describe_execution(executionArn=execution["executionArn"])
                found.append({"stateMachineArn": arn, "name": described["name"], "input": described["input"]})
        return found

    def start(self, noted: list[dict[str, str]]) -> None:
        """Start again what was noted."""
        for execution in noted:
            self._stepfunctions.start_execution(**execution)

    def wait(self, timeout_s: float) -> bool:
        """Wait until none is under way; False when time ran out."""
        deadline = time.monotonic() + timeout_s
        while self.running():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True
