"""The state machine of every fan-out: plan, run batches, collect; and run those again that left nothing.

The definition stays in the subset of the states language that local mode's interpreter runs too: JSONPath, ready
batches from one JSON array in S3, no batcher, no result writer. State carries pointers only; a child returns a few
bytes, because the outputs of all children together may not pass 256 KiB on AWS.

The execution's input says which version of each function it calls (``functions``: job to ARN), and each item of the
plan names the function of its kind: a new kind changes nothing here, and an execution that is under way does not notice
a deployment.
"""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from candlecloud.errors import TransientStoreError
from candlecloud.fan_out.plan import FAN_OUT_TIMEOUT_S
from infra.functions import fan_out_jobs
from infra.resources.acknowledged import acknowledge
from infra.resources.functions import TELEMETRY_RETENTION
from infra.resources.names import Names
from infra.resources.policies import state_machine_role

_BACKOFF = {"BackoffRate": 2.0, "MaxDelaySeconds": 15, "JitterStrategy": "FULL"}
# What is worth trying again: Lambda's own trouble, no room for one more invocation, a store that did not answer.
# Everything else that a job raises is deterministic.
_RETRY = [
    {
        "ErrorEquals": [
            "Lambda.ClientExecutionTimeoutException",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
        ],
        "IntervalSeconds": 1,
        "MaxAttempts": 6,
        **_BACKOFF,
    },
    # Waits 113 s in the mean and hardly ever 165 s, because each wait is drawn between nothing and its full length: a
    # try of two minutes still fits into the five that a child has.
    {"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1, "MaxAttempts": 18, **_BACKOFF},
    {"ErrorEquals": [TransientStoreError.__name__], "IntervalSeconds": 2, "MaxAttempts": 3, **_BACKOFF},
]


def fan_out_definition(batches_at_once: int) -> dict[str, Any]:
    """Build the definition.

    Parameters
    ----------
    batches_at_once
        Children at once. Each takes one of the account's concurrent Lambda executions.
    """
    return {
        "Comment": "Plan a fan-out, run its batches, collect what they wrote.",
        "StartAt": "Plan",
        "TimeoutSeconds": FAN_OUT_TIMEOUT_S,
        "States": {
            "Plan": _task(
                "$.functions.plan_fan_out",
                {"run_id.$": "$.run_id", "attempt.$": "$.attempt", "functions.$": "$.functions"},
                _picked("bucket", "plan_key", "fence", "round", "batches"),
                ResultPath="$.plan",
                Catch=_catch("Fail"),
                Next="RunBatches",
            ),
            "RunBatches": _run_batches(batches_at_once),
            "Collect": _task(
                "$.functions.collect_fan_out",
                {"run_id.$": "$.run_id", **{f"{name}.$": f"$.plan.{name}" for name in ("fence", "round", "batches")}},
                _picked("bucket", "plan_key", "fence", "round", "batches", "state", "missing"),
                ResultPath="$.plan",
                Catch=_catch("Fail"),
                Next="AllThere",
            ),
            "AllThere": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.plan.state", "StringEquals": "running", "Next": "RunBatches"}],
                "Default": "Ended",
            },
            "Ended": {
                "Type": "Pass",
                "Parameters": {"run_id.$": "$.run_id", "state.$": "$.plan.state", "missing.$": "$.plan.missing"},
                "End": True,
            },
            "Fail": _task(
                "$.functions.fail_fan_out",
                {"run_id.$": "$.run_id", "attempt.$": "$.attempt", "error.$": "$.error"},
                _picked("run_id"),
                Next="FanOutFailed",
            ),
            "FanOutFailed": {
                "Type": "Fail",
                "Error": "FanOutFailed",
                "Cause": "A step of the fan-out failed; its own record says which and why.",
            },
        },
    }


def _run_batches(batches_at_once: int) -> dict[str, Any]:
    return {
        "Type": "Map",
        "Label": "Batches",
        "MaxConcurrency": batches_at_once,
        # A child that dies is started again by collect_fan_out or named as a hole, and not the end of its
        # siblings. A float: local mode's parser takes no integer here.
        "ToleratedFailurePercentage": 100.0,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket.$": "$.plan.bucket", "Key.$": "$.plan.plan_key"},
        },
        "ItemProcessor": _batch_processor(),
        "ResultPath": None,
        "Catch": _catch("Fail"),
        "Next": "Collect",
    }


def _picked(*names: str) -> dict[str, str]:
    """Fields of a job's report."""
    return {f"{name}.$": f"$.Payload.{name}" for name in names}


def _batch_processor() -> dict[str, Any]:
    return {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "RunBatch",
        "States": {
            "RunBatch": _task(
                "$.function",
                {f"{name}.$": f"$.{name}" for name in ("run_id", "fence", "batch", "start", "end")},
                {"batch.$": "$.Payload.batch"},
                Catch=_catch("BatchFailed"),
                End=True,
            ),
            "BatchFailed": {"Type": "Pass", "Parameters": {"batch.$": "$.batch", "failed": True}, "End": True},
        },
    }


def _task(function: str, payload: dict[str, str], selector: dict[str, str], **fields: Any) -> dict[str, Any]:
    """One call of the function that a path of the state names; keeps only the selected fields of the answer."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName.$": function, "Payload": payload},
        "ResultSelector": selector,
        "Retry": _RETRY,
        **fields,
    }


def _catch(target: str) -> list[dict[str, Any]]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": target}]


def create_fan_out(scope: Construct, names: Names, batches_at_once: int) -> sfn.StateMachine:
    """Create the state machine, its role and its log group."""
    parent = Construct(scope, "FanOut")
    log_group = logs.LogGroup(
        parent,
        "Log",
        log_group_name=names.state_machine_log_group,
        retention=TELEMETRY_RETENTION,
        removal_policy=RemovalPolicy.DESTROY,
    )
    machine = sfn.StateMachine(
        parent,
        "StateMachine",
        state_machine_name=names.state_machine,
        state_machine_type=sfn.StateMachineType.STANDARD,
        definition_body=sfn.DefinitionBody.from_string(json.dumps(fan_out_definition(batches_at_once), sort_keys=True)),
        role=state_machine_role(parent, fan_out_jobs(), names),
        logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
    )
    acknowledge(
        machine, "SF2", "No X-Ray: the execution history and each function's own log tell the same for nothing."
    )
    return machine
