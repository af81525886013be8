"""Work elsewhere: the state machine once per execution name, functions by version, failures as our own error."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import unquote

import pytest
from moto import mock_aws

from candlecloud.errors import TransientStoreError
from candlecloud.jobs.dispatch import attempt_name
from candlecloud.store.aws import AwsClients
from candlecloud.store.dispatch import AwsDispatcher
from infra.local import moto_lock
from tests.support.cloud import REGION, session

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:sweep"
SWEEP = "ab" * 32
FUNCTIONS = {"run_backtest": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:cc-run:7", "preview_series": "cc-preview:7"}


@pytest.fixture
def clients() -> Iterator[AwsClients]:
    moto_lock.install()
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield AwsClients(session())


def dispatcher(clients: AwsClients) -> AwsDispatcher:
    return AwsDispatcher(clients, FUNCTIONS, MACHINE)


def test_a_fan_out_is_started_once_per_attempt_with_the_versions_that_it_calls(clients: AwsClients) -> None:
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    clients.stepfunctions.create_state_machine(name="sweep", definition=json.dumps(definition), roleArn=ROLE)
    dispatch = dispatcher(clients)
    for attempt in (1, 1, 2, 2):
        dispatch.start_fan_out(attempt_name(SWEEP, attempt), {"run_id": SWEEP, "attempt": attempt})
    started = clients.stepfunctions.list_executions(stateMachineArn=MACHINE)["executions"]
    assert sorted(one["name"] for one in started) == [SWEEP, f"{SWEEP}-2"]
    found = [clients.stepfunctions.describe_execution(executionArn=one["executionArn"]) for one in started]
    sent = {one["name"]: json.loads(one["input"]) for one in found}
    assert sent == {
        SWEEP: {"run_id": SWEEP, "attempt": 1, "functions": FUNCTIONS},
        f"{SWEEP}-2": {"run_id": SWEEP, "attempt": 2, "functions": FUNCTIONS},
    }


def test_functions_are_invoked_without_waiting(clients: AwsClients) -> None:
    sent: list[dict[str, Any]] = []
    clients.lambda_.meta.events.register("before-call.lambda.Invoke", lambda params, **_: sent.append(params))
    dispatch = dispatcher(clients)
    dispatch.invoke("run_backtest", {"run_id": "r1"})
    assert [json.loads(one["body"]) for one in sent] == [{"run_id": "r1"}]
    assert [one["headers"]["X-Amz-Invocation-Type"] for one in sent] == ["Event"]
    assert unquote(sent[0]["url_path"]).endswith(":function:cc-run:7/invocations")


class Answer:
    """What botocore makes of an HTTP answer, as far as it looks at it."""

    status_code = 200
    headers: ClassVar[dict[str, str]] = {}


def answer_invocations(clients: AwsClients, payload: object, **more: str) -> list[dict[str, Any]]:
    """Let every invocation be answered with this payload; what was sent is in the list."""
    sent: list[dict[str, Any]] = []

    def reply(params: dict[str, Any], **_: object) -> tuple[Answer, dict[str, Any]]:
        sent.append(params)
        return Answer(), {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(payload).encode()), **more}

    clients.lambda_.meta.events.register("before-call.lambda.Invoke", reply)
    return sent


def test_an_answer_is_waited_for(clients: AwsClients) -> None:
    sent = answer_invocations(clients, {"answer": {"rows": []}, "error": None})
    assert dispatcher(clients).ask("preview_series", {"limit": 5}) == {"answer": {"rows": []}, "error": None}
    assert [json.loads(one["body"]) for one in sent] == [{"limit": 5}]
    assert sent[0]["headers"]["X-Amz-Invocation-Type"] == "RequestResponse"
    assert "cc-preview" in sent[0]["url_path"]


def test_a_function_that_broke_is_our_own_error(clients: AwsClients) -> None:
    answer_invocations(clients, {"errorMessage": "Task timed out after 15.00 seconds"}, FunctionError="Unhandled")
    with pytest.raises(TransientStoreError, match="Could not get the answer of preview series") as raised:
        dispatcher(clients).ask("preview_series", {})
    assert "shorter" in raised.value.hint
    assert "Task timed out" not in str(raised.value.details)


def test_what_is_not_deployed_is_our_own_error(clients: AwsClients) -> None:
    with pytest.raises(TransientStoreError, match="Could not start the fan-out") as raised:
        dispatcher(clients).start_fan_out(SWEEP, {"sweep_id": SWEEP})
    assert raised.value.details == {"reason": "StateMachineDoesNotExist"}
    assert ACCOUNT not in f"{raised.value} {raised.value.hint}"


def test_what_the_catalogue_does_not_allow_is_said_before_aws_is_asked(clients: AwsClients) -> None:
    with pytest.raises(LookupError, match=r"may not call 'backfill_candles' \(but preview_series, run_backtest\)"):
        dispatcher(clients).invoke("backfill_candles", {})
    with pytest.raises(LookupError, match="but none"):
        AwsDispatcher(clients, {}).ask("preview_series", {})
    with pytest.raises(LookupError, match="starts_fan_outs"):
        AwsDispatcher(clients, FUNCTIONS).start_fan_out("x", {})
