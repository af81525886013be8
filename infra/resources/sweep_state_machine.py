"""The sweep state machine: plan, run batches, collect.

The definition stays in the subset of the states language that local mode's interpreter runs too: JSONPath, ready
batches from one JSON array in S3, no batcher, no result writer. State carries pointers only; a child returns a few
bytes, because the outputs of all children together may not pass 256 KiB on AWS.
"""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.resources.acknowledged import acknowledge
from infra.resources.functions import TELEMETRY_RETENTION
from infra.resources.names import Names
from infra.resources.policies import state_machine_role

SWEEP_JOBS = ("plan_sweep", "run_sweep_batch", "collect_sweep", "fail_sweep")
MAX_CONCURRENCY = 100
"""Children at once; new AWS accounts start with far fewer Lambda executions and are throttled, which is retried."""
_TIMEOUT_S = 3600
_TRANSIENT = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
"""What is worth trying again: Lambda's own trouble. Errors of the job are deterministic."""
_RETRY = [
    {
        "ErrorEquals": _TRANSIENT,
        "IntervalSeconds": 1,
        "BackoffRate": 2.0,
        "MaxAttempts": 6,
        "MaxDelaySeconds": 15,
        "JitterStrategy": "FULL",
    }
]


def sweep_definition() -> dict[str, Any]:
    """Build the definition; ``${job}`` stands for the ARN of a job's function."""
    return {
        "Comment": "Plan a sweep, run its batches, collect what they wrote.",
        "StartAt": "PlanSweep",
        "TimeoutSeconds": _TIMEOUT_S,
        "States": {
            "PlanSweep": _task(
                "plan_sweep",
                {"sweep_id.$": "$.sweep_id"},
                {"bucket.$": "$.Payload.bucket", "plan_key.$": "$.Payload.plan_key"},
                ResultPath="$.plan",
                Catch=_catch("FailSweep"),
                Next="RunBatches",
            ),
            "RunBatches": {
                "Type": "Map",
                "Label": "Batches",
                "MaxConcurrency": MAX_CONCURRENCY,
                # A child that dies is a hole that collect_sweep names, not the end of its siblings. A float: local
                # mode's parser takes no integer here.
                "ToleratedFailurePercentage": 100.0,
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "JSON"},
                    "Parameters": {"Bucket.$": "$.plan.bucket", "Key.$": "$.plan.plan_key"},
                },
                "ItemProcessor": _batch_processor(),
                "ResultPath": None,
                "Catch": _catch("FailSweep"),
                "Next": "CollectSweep",
            },
            "CollectSweep": _task(
                "collect_sweep",
                {"sweep_id.$": "$.sweep_id"},
                {
                    "sweep_id.$": "$.Payload.sweep_id",
                    "state.$": "$.Payload.state",
                    "missing.$": "$.Payload.missing",
                },
                Catch=_catch("FailSweep"),
                End=True,
            ),
            "FailSweep": _task(
                "fail_sweep",
                {"sweep_id.$": "$.sweep_id", "error.$": "$.error"},
                {"sweep_id.$": "$.Payload.sweep_id"},
                Next="SweepFailed",
            ),
            "SweepFailed": {
                "Type": "Fail",
                "Error": "SweepFailed",
                "Cause": "A step of the sweep failed; the sweep's own record says which and why.",
            },
        },
    }


def _batch_processor() -> dict[str, Any]:
    return {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "RunBatch",
        "States": {
            "RunBatch": _task(
                "run_sweep_batch",
                {"sweep_id.$": "$.sweep_id", "batch.$": "$.batch", "start.$": "$.start", "end.$": "$.end"},
                {"batch.$": "$.Payload.batch"},
                Catch=_catch("BatchFailed"),
                End=True,
            ),
            "BatchFailed": {"Type": "Pass", "Parameters": {"batch.$": "$.batch", "failed": True}, "End": True},
        },
    }


def _task(job: str, payload: dict[str, str], selector: dict[str, str], **fields: Any) -> dict[str, Any]:
    """One Lambda call that keeps only the selected fields of the answer."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"${{{job}}}", "Payload": payload},
        "ResultSelector": selector,
        "Retry": _RETRY,
        **fields,
    }


def _catch(target: str) -> list[dict[str, Any]]:
    return [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": target}]


def create_sweep_state_machine(scope: Construct, names: Names) -> sfn.StateMachine:
    """Create the state machine, its role and its log group."""
    parent = Construct(scope, "Sweep")
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
        definition_body=sfn.DefinitionBody.from_string(json.dumps(sweep_definition(), sort_keys=True)),
        definition_substitutions={job: names.function_arn(job) for job in SWEEP_JOBS},
        role=state_machine_role(parent, SWEEP_JOBS, names),
        logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
    )
    acknowledge(
        machine, "SF2", "No X-Ray: the execution history and each function's own log tell the same for nothing."
    )
    return machine
