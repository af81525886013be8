"""The state machine of fan-outs: in the subset that local mode runs too, and small in what it carries."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from candlecloud.errors import TransientStoreError
from candlecloud.fan_out.plan import BATCH_TIMEOUT_S, MAX_BATCHES
from candlecloud.jobs import fail_fan_out
from candlecloud.runs.lifecycle import FAN_OUT_LEASE_MS
from infra.context import ROOT
from infra.functions import FUNCTIONS, batch_jobs, fan_out_jobs
from infra.resources.fan_out import fan_out_definition
from tests.infra.reading import only

_ALLOWED_FIELDS = {
    "Task": {"Type", "Resource", "Parameters", "ResultSelector", "ResultPath", "Retry", "Catch", "Next", "End"},
    "Map": {
        *("Type", "Label", "MaxConcurrency", "ToleratedFailurePercentage", "ItemReader", "ItemProcessor"),
        *("ResultPath", "Catch", "Next"),
    },
    "Pass": {"Type", "Parameters", "End"},
    "Choice": {"Type", "Choices", "Default"},
    "Fail": {"Type", "Error", "Cause"},
}

_MAX_STATE_BYTES = 32 * 1024
_EXPRESS_LIMIT_S = 300


@pytest.fixture(scope="module")
def definition(platform: dict[str, Any]) -> dict[str, Any]:
    machine = only(platform, "AWS::StepFunctions::StateMachine")
    loaded: dict[str, Any] = json.loads(machine["DefinitionString"])
    return loaded


def _states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from _states(state["ItemProcessor"])


def test_definition_stays_in_the_plain_subset(definition: dict[str, Any]) -> None:
    assert set(definition) == {"Comment", "StartAt", "States", "TimeoutSeconds"}
    for name, state in _states(definition):
        assert set(state) <= _ALLOWED_FIELDS[state["Type"]], name
    assert "QueryLanguage" not in json.dumps(definition)
    # Local mode's parser takes a float here and nothing else.
    assert isinstance(definition["States"]["RunBatches"]["ToleratedFailurePercentage"], float)


def test_only_the_execution_type_differs_in_local_mode(definition: dict[str, Any]) -> None:
    assert json.dumps(definition).count("EXPRESS") == 1
    processor = definition["States"]["RunBatches"]["ItemProcessor"]["ProcessorConfig"]
    assert processor == {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}


def test_every_task_calls_what_the_input_names_and_retries_what_passes(definition: dict[str, Any]) -> None:
    called = set()
    for _, state in _states(definition):
        if state["Type"] == "Task":
            assert state["Resource"] == "arn:aws:states:::lambda:invoke"
            called.add(state["Parameters"]["FunctionName.$"])
            ours, throttled, transient = _retriers(state)
            assert all(error.startswith("Lambda.") for error in ours["ErrorEquals"])
            assert throttled["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
            assert transient["ErrorEquals"] == [TransientStoreError.__name__]
            assert (transient["IntervalSeconds"], transient["MaxAttempts"]) == (2, 3)
    steps = set(fan_out_jobs()) - set(batch_jobs())
    assert called == {"$.function", *(f"$.functions.{job}" for job in steps)}
    # The planner is told every function, and writes that of the kind into every item.
    assert definition["States"]["Plan"]["Parameters"]["Payload"]["functions.$"] == "$.functions"
    assert "sweep" not in json.dumps(definition), "a kind changes nothing here"


def _retriers(state: dict[str, Any]) -> list[dict[str, Any]]:
    assert {(one["JitterStrategy"], one["MaxDelaySeconds"]) for one in state["Retry"]} == {("FULL", 15)}
    return list(state["Retry"])


def test_a_throttled_batch_still_fits_into_its_child(definition: dict[str, Any]) -> None:
    state = definition["States"]["RunBatches"]["ItemProcessor"]["States"]["RunBatch"]
    retry = _retriers(state)[1]
    longest = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** n, retry["MaxDelaySeconds"])
        for n in range(retry["MaxAttempts"])
    ]
    # Full jitter draws each wait evenly from nothing to its longest: mean and three standard deviations of the sum.
    waits_s = sum(longest) / 2 + 3 * math.sqrt(sum(wait * wait for wait in longest) / 12)
    assert waits_s > 120, "a wave of batches before this one takes its time"
    assert {FUNCTIONS[job].timeout_s for job in batch_jobs()} == {BATCH_TIMEOUT_S}
    assert waits_s + BATCH_TIMEOUT_S < _EXPRESS_LIMIT_S


def test_a_batch_under_way_is_over_before_its_sweep_is_given_up(definition: dict[str, Any]) -> None:
    assert _EXPRESS_LIMIT_S * 1000 < FAN_OUT_LEASE_MS < definition["TimeoutSeconds"] * 1000


def test_failure_is_told_for_its_own_attempt(definition: dict[str, Any]) -> None:
    payload = definition["States"]["Fail"]["Parameters"]["Payload"]
    event = json.loads((ROOT / "events" / "fail_fan_out.json").read_text())
    assert {name.removesuffix(".$") for name in payload} == set(event)
    assert payload["attempt.$"] == "$.attempt"
    request = fail_fan_out.Request.from_event(event)
    assert (request.run_id, request.attempt) == (event["run_id"], event["attempt"])


def test_batches_at_once_are_the_contexts(definition: dict[str, Any]) -> None:
    assert definition["States"]["RunBatches"]["MaxConcurrency"] == 100
    assert fan_out_definition(5)["States"]["RunBatches"]["MaxConcurrency"] == 5


def test_every_failure_ends_where_it_is_recorded(definition: dict[str, Any]) -> None:
    for name, state in definition["States"].items():
        if state["Type"] in ("Task", "Map") and name != "Fail":
            assert state["Catch"] == [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Fail"}]
    assert definition["States"]["Fail"]["Next"] == "FanOutFailed"
    batch = definition["States"]["RunBatches"]["ItemProcessor"]["States"]
    assert batch["RunBatch"]["Catch"][0]["Next"] == "BatchFailed"
    assert batch["BatchFailed"]["Type"] == "Pass"


def test_children_together_return_less_than_32_kib(definition: dict[str, Any]) -> None:
    # Their outputs count on AWS even where ResultPath drops them.
    failed = definition["States"]["RunBatches"]["ItemProcessor"]["States"]["BatchFailed"]["Parameters"]
    worst = [{key.removesuffix(".$"): 99_999 if key.endswith(".$") else value for key, value in failed.items()}]
    assert len(json.dumps(worst * MAX_BATCHES, separators=(",", ":"))) < _MAX_STATE_BYTES


def test_state_carries_pointers(definition: dict[str, Any]) -> None:
    states = definition["States"]
    pointers = ("bucket", "plan_key", "fence", "round", "batches")
    assert states["Plan"]["ResultSelector"] == {f"{name}.$": f"$.Payload.{name}" for name in pointers}
    # What left nothing is started again, from a plan of its own.
    assert states["Plan"]["ResultSelector"].items() <= states["Collect"]["ResultSelector"].items()
    assert states["Plan"]["ResultPath"] == states["Collect"]["ResultPath"] == "$.plan"
    assert states["AllThere"]["Choices"] == [
        {"Variable": "$.plan.state", "StringEquals": "running", "Next": "RunBatches"}
    ]
    assert states["RunBatches"]["ItemReader"]["Parameters"] == {"Bucket.$": "$.plan.bucket", "Key.$": "$.plan.plan_key"}
    assert states["RunBatches"]["ResultPath"] is None
    for _, state in _states(definition):
        if state["Type"] == "Task":
            assert all(isinstance(path, str) for path in state["ResultSelector"].values())


def test_executions_are_logged_without_their_data(platform: dict[str, Any]) -> None:
    machine = only(platform, "AWS::StepFunctions::StateMachine")
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
    assert machine["StateMachineType"] == "STANDARD"
