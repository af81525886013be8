"""Work elsewhere: a sweep's state machine, one run and one backfill are started, a preview is waited for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from candlecloud.errors import TransientStoreError
from candlecloud.store.aws import AwsClients, error_code, store_border


class AwsDispatcher:
    """The port `jobs.dispatch.Dispatcher` on AWS.

    Parameters
    ----------
    sweep_state_machine_arn : str
    run_function, backfill_function : str
        Names of the functions that are invoked without waiting for them.
    preview_function : str
        Name of the function whose answer is waited for.
    """

    def __init__(
        self,
        clients: AwsClients,
        *,
        sweep_state_machine_arn: str,
        run_function: str,
        backfill_function: str,
        preview_function: str,
    ) -> None:
        self._clients = clients
        self._state_machine = sweep_state_machine_arn
        self._run_function = run_function
        self._backfill_function = backfill_function
        self._preview_function = preview_function

    def start_sweep(self, sweep_id: str, attempt: int = 1) -> None:
        """Start the state machine. A second start of the same attempt is none: the execution carries its name.

        Raises
        ------
        TransientStoreError
            If it could not be started.
        """
        name = sweep_id if attempt == 1 else f"{sweep_id}-{attempt}"
        document = json.dumps({"sweep_id": sweep_id, "attempt": attempt})
        with store_border("start the sweep"):
            try:
                self._clients.stepfunctions.start_execution(
                    stateMachineArn=self._state_machine, name=name, input=document
                )
            except ClientError as error:
                if error_code(error) != "ExecutionAlreadyExists":
                    raise

    def start_run(self, run_id: str) -> None:
        """Invoke the run function without waiting."""
        self._invoke(self._run_function, {"run_id": run_id}, "start the run")

    def start_backfill(self, request: Mapping[str, Any]) -> None:
        """Invoke the backfill function without waiting; `request` is its event."""
        self._invoke(self._backfill_function, request, "start the backfill")

    def preview(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Invoke the preview function, wait, and return its report.

        Raises
        ------
        TransientStoreError
            If it was not reached, ran out of time or broke; its log says which.
        """
        action = "compute the preview"
        with store_border(action):
            answer = self._clients.lambda_.invoke(
                FunctionName=self._preview_function,
                InvocationType="RequestResponse",
                Payload=json.dumps(dict(request)).encode(),
            )
            payload = answer["Payload"].read()
        if "FunctionError" in answer:
            hint = "Try again; if it stays, ask for fewer rows, a shorter range or shorter windows."
            raise TransientStoreError(f"Could not {action}.", hint=hint, reason="FunctionError")
        report: dict[str, Any] = json.loads(payload)
        return report

    def _invoke(self, function: str, event: Mapping[str, Any], action: str) -> None:
        with store_border(action):
            self._clients.lambda_.invoke(
                FunctionName=function, InvocationType="Event", Payload=json.dumps(dict(event)).encode()
            )
