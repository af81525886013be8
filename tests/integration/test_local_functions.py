"""Handlers called through the loopback Invoke API with boto3, as the platform's own code and the state machine do."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.functions import MAX_SYNC_BYTES, THREADS, LocalFunctions
from infra.local.lambda_server import LambdaServer
from infra.local.logs import InvocationLogs
from infra.local.parts import FunctionPart


class Handlers:
    """Handlers that tests need, by job; `attempts` counts the flaky one's invocations."""

    def __init__(self) -> None:
        self.attempts = 0
        self.release = threading.Event()
        self.together = threading.Barrier(THREADS)
        self.functions: LocalFunctions

    def load(self, job: str) -> Any:
        return getattr(self, job)

    def echo(self, event: Any, context: Any) -> Any:
        print(json.dumps({"log": "echo"}))
        return {"event": event, "name": context.function_name, "left": context.get_remaining_time_in_millis()}

    def broken(self, event: Any, context: Any) -> Any:
        raise LookupError("no such series")

    def flaky(self, event: Any, context: Any) -> Any:
        self.attempts += 1
        if self.attempts < event["good"]:
            raise RuntimeError(f"attempt {self.attempts}")
        return {}

    def slow(self, event: Any, context: Any) -> Any:
        self.release.wait(10)
        return {}

    def api(self, event: Any, context: Any) -> Any:
        self.together.wait(10)
        return self.functions.invoke("echo", json.dumps(event).encode()).value()["event"]

    def large(self, event: Any, context: Any) -> Any:
        return "x" * MAX_SYNC_BYTES


def part(job: str, timeout_s: int) -> FunctionPart:
    return FunctionPart(
        job,
        f"cc-{job}",
        f"arn:aws:lambda:eu-central-1:123456789012:function:cc-{job}",
        {},
        timeout_s,
        128,
        2,
        None,
        job == "api",
    )


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def functions(handlers: Handlers, tmp_path: Path) -> Iterator[LocalFunctions]:
    jobs = {"echo": 3, "broken": 3, "flaky": 3, "slow": 1, "large": 3, "api": 20}
    logs = InvocationLogs(tmp_path / "logs")
    made = LocalFunctions({job: part(job, timeout) for job, timeout in jobs.items()}, logs, load=handlers.load)
    handlers.functions = made
    yield made
    handlers.release.set()
    made.close()
    logs.uninstall()


@pytest.fixture
def client(functions: LocalFunctions) -> Iterator[Any]:
    server = LambdaServer(functions)
    server.start()
    yield boto3.client(
        "lambda",
        endpoint_url=server.url,
        region_name="eu-central-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"max_attempts": 0}),
    )
    server.stop()


@pytest.mark.parametrize("name", ["cc-echo", "echo", "arn:aws:lambda:eu-central-1:123456789012:function:cc-echo"])
def test_request_response(client: Any, name: str) -> None:
    answer = client.invoke(FunctionName=name, Payload=b'{"a": 1}')
    value = json.loads(answer["Payload"].read())
    assert (answer["StatusCode"], answer["ExecutedVersion"], "FunctionError" in answer) == (200, "$LATEST", False)
    assert (value["event"], value["name"]) == ({"a": 1}, "cc-echo")
    assert 0 < value["left"] <= 3000


@pytest.mark.parametrize(
    ("name", "more", "version"),
    [
        ("cc-echo:1", {}, "1"),
        ("cc-echo:live", {}, "1"),
        ("cc-echo", {"Qualifier": "live"}, "1"),
        ("cc-echo:$LATEST", {}, "$LATEST"),
        ("arn:aws:lambda:eu-central-1:123456789012:function:cc-echo:1", {}, "1"),
    ],
)
def test_a_version_or_an_alias_is_told(client: Any, name: str, more: dict[str, str], version: str) -> None:
    answer = client.invoke(FunctionName=name, Payload=b"{}", **more)
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, version)


def test_an_older_version_is_served_from_elsewhere(client: Any, functions: LocalFunctions) -> None:
    functions.versions = {"0": lambda job: lambda event, context: [job, context.function_version]}
    older, newer = (client.invoke(FunctionName=f"cc-echo:{one}", Payload=b"{}") for one in ("0", "1"))
    assert (older["ExecutedVersion"], json.loads(older["Payload"].read())) == ("0", ["echo", "0"])
    assert json.loads(newer["Payload"].read())["name"] == "cc-echo"


def test_an_older_version_takes_no_turn_of_the_newer(functions: LocalFunctions, handlers: Handlers) -> None:
    functions.versions = {"0": lambda job: handlers.slow}
    older = threading.Thread(target=functions.invoke, args=("cc-echo:0", b"{}"))
    older.start()
    answer = functions.invoke("cc-echo:1", b"{}")
    assert (answer.value()["name"], answer.duration_s < 1, older.is_alive()) == ("cc-echo", True, True)
    handlers.release.set()
    older.join(10)


def test_versions_and_aliases_are_listed(client: Any) -> None:
    versions = client.list_versions_by_function(FunctionName="cc-echo")["Versions"]
    assert [one["Version"] for one in versions] == ["$LATEST", "1"]
    aliases = client.list_aliases(FunctionName="cc-echo")["Aliases"]
    assert [(one["Name"], one["FunctionVersion"]) for one in aliases] == [("live", "1")]


def test_a_raised_error_keeps_its_name(client: Any) -> None:
    answer = client.invoke(FunctionName="cc-broken", Payload=b"{}")
    error = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("LookupError", "no such series")


def test_a_time_out_is_answered_in_time(client: Any) -> None:
    answer = client.invoke(FunctionName="cc-slow", Payload=b"{}")
    assert json.loads(answer["Payload"].read())["errorType"] == "Sandbox.Timedout"


def test_a_response_above_the_limit_is_an_error(client: Any) -> None:
    answer = client.invoke(FunctionName="cc-large", Payload=b"{}")
    assert json.loads(answer["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"


def test_an_event_is_tried_again_until_it_works(client: Any, functions: LocalFunctions, handlers: Handlers) -> None:
    assert client.invoke(FunctionName="cc-flaky", InvocationType="Event", Payload=b'{"good": 3}')["StatusCode"] == 202
    assert functions.wait_for_events(10)
    assert (handlers.attempts, functions.failed_events) == (3, [])


def test_an_event_that_never_works_is_kept_with_its_error(client: Any, functions: LocalFunctions) -> None:
    client.invoke(FunctionName="cc-flaky", InvocationType="Event", Payload=b'{"good": 9}')
    assert functions.wait_for_events(10)
    (failed,) = functions.failed_events
    assert (failed.job, json.loads(failed.payload), failed.error["errorMessage"]) == ("flaky", {"good": 9}, "attempt 3")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"FunctionName": "cc-nobody"}, "ResourceNotFoundException"),
        ({"FunctionName": "cc-echo:2"}, "ResourceNotFoundException"),
        ({"FunctionName": "cc-nobody", "InvocationType": "Event"}, "ResourceNotFoundException"),
        ({"FunctionName": "cc-echo", "Payload": b"{"}, "InvalidRequestContentException"),
        ({"FunctionName": "cc-echo", "Payload": b'"' + b"x" * MAX_SYNC_BYTES + b'"'}, "RequestTooLargeException"),
    ],
)
def test_refusals_are_lambdas_own(client: Any, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        client.invoke(**arguments)
    assert caught.value.response["Error"]["Code"] == code


def test_an_unsigned_request_is_refused(client: Any, handlers: Handlers) -> None:
    url = f"{client.meta.endpoint_url}/2015-03-31/functions/cc-flaky/invocations"
    with pytest.raises(HTTPError, match="403"):
        urlopen(Request(url, data=b'{"good": 1}', method="POST"), timeout=5)
    assert handlers.attempts == 0


def test_dry_run_finds_the_function_and_runs_nothing(client: Any, handlers: Handlers) -> None:
    assert client.invoke(FunctionName="cc-flaky", InvocationType="DryRun")["StatusCode"] == 204
    assert handlers.attempts == 0


def test_what_a_handler_prints_goes_to_its_file_and_standard_output_is_given_back(tmp_path: Path) -> None:
    before = sys.stdout
    logs = InvocationLogs(tmp_path / "logs")
    functions = LocalFunctions({"echo": part("echo", 3)}, logs, load=Handlers().load)
    logs.install()
    try:
        functions.invoke("echo", b"{}")
    finally:
        functions.close()
        logs.uninstall()
    assert sys.stdout is before
    assert json.loads((tmp_path / "logs" / "echo.log").read_text()) == {"log": "echo"}


def test_functions_that_wait_for_another_leave_it_a_thread(functions: LocalFunctions) -> None:
    answers: list[Any] = []
    events = [f"{number}".encode() for number in range(THREADS)]
    threads = [
        threading.Thread(target=lambda event=event: answers.append(functions.invoke("api", event).value()))
        for event in events
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert sorted(answers) == list(range(THREADS))
