"""Work elsewhere: functions are invoked or asked, the state machine is started."""

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
    functions : mapping
        Job to what is invoked for it: an ARN with a version, or a name.
    state_machine_arn : str, optional
        What fans out; None where this function may not.
    """

    def __init__(self, clients: AwsClients, functions: Mapping[str, str], state_machine_arn: str | None = None) -> None:
        self._clients = clients
        self.functions = functions
        self._state_machine = state_machine_arn

    def invoke(self, job: str, payload: Mapping[str, Any], functions: Mapping[str, str] | None = None) -> None:
        """Start a job and do not wait.

        Raises
        ------
        LookupError
            If this function may not call it.
        TransientStoreError
            If it could not be started.
        """
        function = self._function(job, functions)
        with store_border(f"start {_in_words(job)}"):
            self._clients.lambda_.invoke(FunctionName=function, InvocationType="Event", Payload=_bytes(payload))

    def ask(self, job: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Have a job done, wait, and return its report.

        Raises
        ------
        LookupError
            If this function may not call it.
        TransientStoreError
            If it was not reached, ran out of time or broke; its log says which.
        """
        function, action = self._function(job), f"get the answer of {_in_words(job)}"
        with store_border(action):
            answer = self._clients.lambda_.invoke(
                FunctionName=function, InvocationType="RequestResponse", Payload=_bytes(payload)
            )
            said = answer["Payload"].read()
        if "FunctionError" in answer:
            hint = "Try again. If it fails again, ask for fewer rows, a shorter range or shorter windows."
            raise TransientStoreError(f"Could not {action}.", hint=hint, reason="FunctionError")
        report: dict[str, Any] = json.loads(said)
        return report

    def start_fan_out(self, name: str, payload: Mapping[str, Any], functions: Mapping[str, str] | None = None) -> None:
        """Start the state machine. A second start under the same name is none.

        The input says which functions the execution calls, so that a deployment changes nothing for it.

        Raises
        ------
        LookupError
            If this function may not start one.
        TransientStoreError
            If it could not be started.
        """
        if self._state_machine is None:
            raise LookupError("This function may not start a fan-out: say starts_fan_outs in its catalogue entry.")
        document = json.dumps({**payload, "functions": dict(functions or self.functions)})
        with store_border("start the fan-out"):
            try:
                self._clients.stepfunctions.start_execution(
                    stateMachineArn=self._state_machine, name=name, input=document
                )
            except ClientError as error:
                if error_code(error) != "ExecutionAlreadyExists":
                    raise

    def _function(self, job: str, functions: Mapping[str, str] | None = None) -> str:
        if job not in self.functions:
            known = ", ".join(sorted(self.functions)) or "none"
            raise LookupError(f"This function may not call {job!r} (but {known}): name it in its catalogue entry.")
        return (functions or {}).get(job, self.functions[job])


def _in_words(job: str) -> str:
    return job.replace("_", " ")


def _bytes(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(payload)).encode()
