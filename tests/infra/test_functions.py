"""Functions: one per job, with their settings, logs, failure queue, alarm and limits."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest

from candlecloud.settings import PREFIX, ApiSettings, VersionSettings, variables
from candlecloud.store.aws import READ_TIMEOUT_S
from candlecloud.wiring import declared_settings
from infra.audit import text_of
from infra.context import ROOT, read_raw_context
from infra.function_spec import LAYERS, MAX_LAYERS, PYTHON
from infra.functions import FUNCTIONS, batch_jobs, called_jobs, fan_out_jobs
from tests.infra.reading import only, properties

_LOCAL = ("MIN_INTERVAL_MS", "MAX_INLINE_BYTES", "UPLOAD_LINKS")
_NOT_HERE = {f"{PREFIX}{name}" for name in ("EXCHANGE_URLS", *_LOCAL, "GIT_HASH")}
_GATEWAY_LIMIT_S = 29


def _function(platform: dict[str, Any], job: str) -> dict[str, Any]:
    (found,) = (f for f in properties(platform, "AWS::Lambda::Function") if f["FunctionName"] == f"candlecloud-{job}")
    return found


def _environment(platform: dict[str, Any], job: str) -> dict[str, str]:
    variables_ = _function(platform, job)["Environment"]["Variables"]
    return {name: text_of(value) for name, value in variables_.items()}


def test_one_function_per_job(platform: dict[str, Any]) -> None:
    names = {f["FunctionName"] for f in properties(platform, "AWS::Lambda::Function")}
    assert names == {f"candlecloud-{job}" for job in FUNCTIONS}
    assert {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")} == set(FUNCTIONS)


@pytest.mark.parametrize("job", FUNCTIONS)
def test_job_has_folder_handler_event_and_alarm(platform: dict[str, Any], job: str) -> None:
    assert (ROOT / "functions" / job / "handler.py").is_file()
    assert isinstance(json.loads((ROOT / "events" / f"{job}.json").read_text()), dict)
    (alarm,) = (a for a in properties(platform, "AWS::CloudWatch::Alarm") if a["AlarmName"] == f"candlecloud-{job}")
    assert (alarm["MetricName"], alarm["Threshold"]) == ("Errors", FUNCTIONS[job].alarm_errors)
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("job", FUNCTIONS)
def test_variables_are_those_of_the_settings_model(platform: dict[str, Any], job: str) -> None:
    given = _environment(platform, job)
    assert set(given) == set(variables(FUNCTIONS[job].settings)) - _NOT_HERE
    settings = FUNCTIONS[job].settings.from_environment(given)
    assert settings.table == "candlecloud"


def test_api_is_told_what_it_starts(platform: dict[str, Any]) -> None:
    settings = ApiSettings.from_environment(_environment(platform, "api"))
    machine = only(platform, "AWS::StepFunctions::StateMachine")
    assert settings.state_machine_arn.endswith(f":stateMachine:{machine['StateMachineName']}")


def test_time_limits_are_nested(platform: dict[str, Any]) -> None:
    settings = ApiSettings.from_environment(_environment(platform, "api"))
    assert settings.max_wait_s < _function(platform, "api")["Timeout"] < _GATEWAY_LIMIT_S
    # A client that gave up first would ask again, and the second answer would come after the API's own end.
    assert _function(platform, "preview_series")["Timeout"] < READ_TIMEOUT_S < _function(platform, "api")["Timeout"]


@pytest.mark.parametrize("job", FUNCTIONS)
def test_runtime_layers_and_limits(platform: dict[str, Any], job: str) -> None:
    function = _function(platform, job)
    assert function["Architectures"] == ["arm64"]
    assert function["Runtime"] == f"python{PYTHON}"
    assert function["Handler"] == "handler.handler"
    assert function["Timeout"] <= 900
    assert len(function["Layers"]) == len(FUNCTIONS[job].layers) <= MAX_LAYERS
    assert "TracingConfig" not in function


def test_layers_are_arm64_and_all_used(platform: dict[str, Any]) -> None:
    layers = properties(platform, "AWS::Lambda::LayerVersion")
    assert {layer["LayerName"] for layer in layers} == {f"candlecloud-{name}" for name in LAYERS}
    assert {name for spec in FUNCTIONS.values() for name in spec.layers} == set(LAYERS)
    for layer in layers:
        assert layer["CompatibleArchitectures"] == ["arm64"]
        assert layer["CompatibleRuntimes"] == [f"python{PYTHON}"]


@pytest.mark.parametrize("job", FUNCTIONS)
def test_failed_events_are_kept(platform: dict[str, Any], job: str) -> None:
    logical_id = next(
        key
        for key, resource in platform["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
        and resource["Properties"]["FunctionName"] == f"candlecloud-{job}"
    )
    configs = [
        c for c in properties(platform, "AWS::Lambda::EventInvokeConfig") if c["FunctionName"] == {"Ref": logical_id}
    ]
    version = {"Fn::GetAtt": [_version_id(platform, job), "Version"]}
    assert [c["Qualifier"] for c in configs] == (["live", version] if job in called_jobs() else ["live"])
    for config in configs:
        target = text_of(config["DestinationConfig"]["OnFailure"]["Destination"])
        assert target.endswith(":candlecloud-failed-jobs")
        assert config["MaximumRetryAttempts"] == FUNCTIONS[job].retries
        assert config["MaximumEventAgeInSeconds"] == FUNCTIONS[job].max_event_age_s


def _version_id(platform: dict[str, Any], job: str) -> str:
    """Logical id of a function's version."""
    (found,) = (
        key
        for key, resource in platform["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Version"
        and platform["Resources"][resource["Properties"]["FunctionName"]["Ref"]]["Properties"]["FunctionName"]
        == f"candlecloud-{job}"
    )
    return found


@pytest.mark.parametrize("job", FUNCTIONS)
def test_a_version_stays_behind_the_alias_when_the_next_one_comes(platform: dict[str, Any], job: str) -> None:
    version = _version_id(platform, job)
    resource = platform["Resources"][version]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    (alias,) = (
        a
        for a in properties(platform, "AWS::Lambda::Alias")
        if a["FunctionName"] == resource["Properties"]["FunctionName"]
    )
    assert (alias["Name"], alias["FunctionVersion"]) == ("live", {"Fn::GetAtt": [version, "Version"]})


def test_a_change_of_a_layer_makes_new_versions() -> None:
    context = read_raw_context()
    for flag in ("recognizeLayerVersion", "recognizeVersionProps"):
        assert context[f"@aws-cdk/aws-lambda:{flag}"] is True


def test_the_api_pins_the_versions_that_it_and_its_fan_outs_call(platform: dict[str, Any]) -> None:
    given = ApiSettings.from_environment(_environment(platform, "api")).functions
    pinned = {*FUNCTIONS["api"].calls, *fan_out_jobs()}
    assert given == {job: f"<{_version_id(platform, job)}>" for job in pinned}


def test_versions_of_every_function_are_pruned(platform: dict[str, Any]) -> None:
    (job,) = (job for job, spec in FUNCTIONS.items() if spec.deletes_versions)
    given = VersionSettings.from_environment(_environment(platform, job)).functions
    assert given == {one: f"candlecloud-{one}" for one in FUNCTIONS}


def test_a_handler_and_its_entry_name_the_same_settings() -> None:
    for job, spec in FUNCTIONS.items():
        importlib.import_module(f"functions.{job}.handler")
        assert declared_settings(job) is spec.settings, job


def test_api_gateway_calls_the_alias(platform: dict[str, Any]) -> None:
    for permission in properties(platform, "AWS::Lambda::Permission"):
        assert platform["Resources"][permission["FunctionName"]["Ref"]]["Type"] == "AWS::Lambda::Alias"


def test_exchange_lanes_run_one_at_a_time_and_batches_leave_room_for_the_api(platform: dict[str, Any]) -> None:
    reserved = {
        f["FunctionName"].removeprefix("candlecloud-"): f["ReservedConcurrentExecutions"]
        for f in properties(platform, "AWS::Lambda::Function")
        if "ReservedConcurrentExecutions" in f
    }
    share = 400 // len(batch_jobs())
    assert reserved == {"ingest_candles": 1, "backfill_candles": 1, **dict.fromkeys(batch_jobs(), share)}
    assert {job for job, n in reserved.items() if n == 1} == {j for j, s in FUNCTIONS.items() if "exchange" in s.layers}
    assert sum(reserved.values()) <= 1000 / 2, "half of an account's concurrency stays for the API and for runs"


def test_every_log_is_kept_for_30_days(platform: dict[str, Any]) -> None:
    groups = {group["LogGroupName"]: group for group in properties(platform, "AWS::Logs::LogGroup")}
    assert {f"/aws/lambda/candlecloud-{job}" for job in FUNCTIONS} < set(groups)
    assert len(groups) == len(FUNCTIONS) + 2
    assert {group["RetentionInDays"] for group in groups.values()} == {30}
    for function in properties(platform, "AWS::Lambda::Function"):
        reference = function["LoggingConfig"]["LogGroup"]["Ref"]
        group = platform["Resources"][reference]["Properties"]
        assert group["LogGroupName"] == f"/aws/lambda/{function['FunctionName']}"


def test_dead_letters_and_fan_outs_and_the_api_are_watched(platform: dict[str, Any]) -> None:
    names = {alarm["AlarmName"] for alarm in properties(platform, "AWS::CloudWatch::Alarm")}
    queues = {queue["QueueName"] for queue in properties(platform, "AWS::SQS::Queue")}
    assert queues == {"candlecloud-undelivered-schedules", "candlecloud-failed-jobs"}
    assert names - {f"candlecloud-{job}" for job in FUNCTIONS} == {
        *queues,
        "candlecloud-fan-out-failed",
        "candlecloud-fan-out-timed-out",
        "candlecloud-http-5xx",
    }


def test_dead_letters_wait_for_14_days_encrypted(platform: dict[str, Any]) -> None:
    for queue in properties(platform, "AWS::SQS::Queue"):
        assert queue["MessageRetentionPeriod"] == 14 * 86400
        assert queue["SqsManagedSseEnabled"] is True
