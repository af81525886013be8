"""Who may do what: one hand-written role per function, for the state machine and for the scheduler.

Actions are spelled out. A resource ends in ``*`` only where AWS names the rest: keys under an S3 prefix, the log
streams of one log group, the versions of one function, the executions of one state machine. The one bare ``*`` is the
log delivery of Step Functions, whose actions take no other resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.function_spec import Access, FunctionSpec
from infra.functions import FUNCTIONS
from infra.resources.acknowledged import acknowledge_wildcard
from infra.resources.names import Names

_OBJECT_ACTIONS: Mapping[Access, list[str]] = {
    Access.LIST: [],
    Access.READ: ["s3:GetObject"],
    Access.WRITE: ["s3:PutObject"],
    Access.READ_WRITE: ["s3:GetObject", "s3:PutObject"],
}
_TABLE_READ = ["dynamodb:GetItem", "dynamodb:Query"]
_TABLE_WRITE = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
_TABLE_ACTIONS = {
    Access.READ: _TABLE_READ,
    Access.READ_WRITE: [*_TABLE_READ, *_TABLE_WRITE],
    Access.READ_WRITE_DELETE: [*_TABLE_READ, *_TABLE_WRITE, "dynamodb:DeleteItem"],
}
_VERSIONS = "Versions of the one function; Lambda numbers them when they are published."
_LOG_DELIVERY = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
]


def function_role(scope: Construct, job: str, spec: FunctionSpec, names: Names) -> iam.IRole:
    """Create the role of one function, which nothing else may widen."""
    statements = [
        _allow(["logs:CreateLogStream", "logs:PutLogEvents"], [names.function_streams_arn(job)]),
        _allow(["sqs:SendMessage"], [names.failed_queue_arn]),
        _allow(_TABLE_ACTIONS[spec.table], [names.table_arn, f"{names.table_arn}/index/gsi1"]),
        *_object_statements(spec, names),
    ]
    if spec.starts_fan_outs:
        statements.append(_allow(["states:StartExecution"], [names.state_machine_arn]))
    if spec.calls:
        statements.append(_allow(["lambda:InvokeFunction"], [names.function_versions_arn(job) for job in spec.calls]))
    if spec.deletes_versions:
        statements += _version_statements(names)
    role = _role(scope, "Role", iam.ServicePrincipal("lambda.amazonaws.com"), statements)
    acknowledge_wildcard(scope, names.function_streams_arn(job), "Log streams of this function; Lambda names them.")
    for called in FUNCTIONS if spec.deletes_versions else spec.calls:
        acknowledge_wildcard(scope, names.function_versions_arn(called), _VERSIONS)
    for prefix in (prefix for prefix, access in spec.objects.items() if _OBJECT_ACTIONS[access]):
        acknowledge_wildcard(
            scope, _objects_arn(prefix, names), "Keys under the one prefix that the function works on."
        )
    return role


def _version_statements(names: Names) -> list[iam.PolicyStatement]:
    """List what there is of every function; delete by version only, because the function's own ARN is not named."""
    return [
        _allow(["lambda:ListVersionsByFunction", "lambda:ListAliases"], [names.function_arn(job) for job in FUNCTIONS]),
        _allow(["lambda:DeleteFunction"], [names.function_versions_arn(job) for job in FUNCTIONS]),
    ]


def _object_statements(spec: FunctionSpec, names: Names) -> list[iam.PolicyStatement]:
    """Objects by prefix. Every reader may list its prefixes, or S3 answers 403 where an object is just not there."""
    statements = [
        _allow(actions, [_objects_arn(prefix, names)])
        for prefix, access in spec.objects.items()
        if (actions := _OBJECT_ACTIONS[access])
    ]
    if spec.objects:
        # IfExists: S3 asks for this right on a GetObject of a missing key too, and then there is no s3:prefix.
        condition = {"StringLikeIfExists": {"s3:prefix": [f"{prefix}/*" for prefix in spec.objects]}}
        statements.append(_allow(["s3:ListBucket"], [names.bucket_arn], condition))
    return statements


def _objects_arn(prefix: str, names: Names) -> str:
    return f"{names.bucket_arn}/{prefix}/*"


def state_machine_role(scope: Construct, jobs: Sequence[str], names: Names) -> iam.IRole:
    """Create the role of the state machine: its functions, its plan, its own children, its log."""
    statements = [
        _allow(["lambda:InvokeFunction"], [names.function_versions_arn(job) for job in jobs]),
        _allow(["s3:GetObject"], [_objects_arn("fan_outs", names)]),
        _allow(["states:StartExecution"], [names.state_machine_arn]),
        _allow(["states:DescribeExecution", "states:StopExecution"], names.state_machine_executions_arns),
        _allow(_LOG_DELIVERY, ["*"]),
    ]
    # By account and not by ARN: the children of the map assume it too, and theirs is another.
    principal = iam.ServicePrincipal(
        "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
    )
    role = _role(scope, "StateMachineRole", principal, statements)
    for job in jobs:
        acknowledge_wildcard(scope, names.function_versions_arn(job), _VERSIONS)
    acknowledge_wildcard(scope, _objects_arn("fan_outs", names), "The plan of whichever fan-out is started.")
    for arn in names.state_machine_executions_arns:
        acknowledge_wildcard(scope, arn, "Its own executions, named when they start.")
    acknowledge_wildcard(scope, "*", "Log delivery: these actions know no resource; AWS documents '*' for them.")
    return role


def scheduler_role(scope: Construct, jobs: Sequence[str], names: Names) -> iam.IRole:
    """Create the role of the schedules: invoke the scheduled functions, park what could not be delivered."""
    statements = [
        _allow(["lambda:InvokeFunction"], [names.alias_arn(job) for job in jobs]),
        _allow(["sqs:SendMessage"], [names.undelivered_queue_arn]),
    ]
    principal = iam.ServicePrincipal(
        "scheduler.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": names.schedule_group_arn},
        },
    )
    return _role(scope, "SchedulerRole", principal, statements)


def _role(
    scope: Construct, construct_id: str, principal: iam.IPrincipal, statements: Sequence[iam.PolicyStatement]
) -> iam.IRole:
    document = iam.PolicyDocument(statements=list(statements))
    role = iam.Role(scope, construct_id, assumed_by=principal, inline_policies={"least": document})
    return role.without_policy_updates()


def _allow(
    actions: Sequence[str], resources: Sequence[str], conditions: dict[str, dict[str, list[str]]] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
