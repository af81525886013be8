"""Roles allow what each function needs and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from candlecloud.market.datasets import DATASETS
from candlecloud.store import keys
from infra.audit import Statement, read_statements, text_of
from infra.function_spec import Access
from infra.functions import FUNCTIONS, fan_out_jobs
from tests.infra.reading import properties

_BUCKET = "arn:<AWS::Partition>:s3:::candlecloud-lake-<AWS::AccountId>-<AWS::Region>"
_TABLE = "arn:<AWS::Partition>:dynamodb:<AWS::Region>:<AWS::AccountId>:table/candlecloud"
_PREFIXES = {dataset.prefix for dataset in DATASETS.values()} | {
    template.text.split("/", 1)[0] for name, template in keys.OBJECTS.items() if name not in DATASETS
}
# Where a resource may end in *: AWS or a caller names the rest.
_OPEN_ENDS = (
    re.compile(re.escape(_BUCKET) + "/(?:" + "|".join(map(re.escape, _PREFIXES)) + r")/\*"),
    re.compile(r"arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/lambda/candlecloud-\w+:\*"),
    re.compile(r"arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:candlecloud-\w+:\*"),
    re.compile(r"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:candlecloud-fan-out[:/]\*"),
)


def _of_job(platform: dict[str, Any], job: str) -> list[Statement]:
    """Statements of a job's role, found by way of its function."""
    (function,) = (
        f for f in properties(platform, "AWS::Lambda::Function") if f["FunctionName"] == f"candlecloud-{job}"
    )
    role = function["Role"]["Fn::GetAtt"][0]
    return [statement for statement in read_statements(platform) if statement.logical_id == role]


def test_no_action_is_a_pattern(templates: dict[str, dict[str, Any]]) -> None:
    for template in templates.values():
        for statement in read_statements(template):
            if statement.effect == "Allow":
                assert not [action for action in statement.actions if "*" in action]


def test_resources_end_in_a_star_only_where_others_name_the_rest(templates: dict[str, dict[str, Any]]) -> None:
    for template in templates.values():
        for statement in read_statements(template):
            for resource in statement.resources:
                if statement.effect == "Allow" and "*" in resource and not resource.startswith("<"):
                    known = any(pattern.fullmatch(resource) for pattern in _OPEN_ENDS)
                    assert known or (resource == "*" and all(a.startswith("logs:") for a in statement.actions))


def test_only_api_gateways_log_role_uses_a_managed_policy(templates: dict[str, dict[str, Any]]) -> None:
    managed = [
        text_of(arn).rsplit("/", 1)[-1]
        for template in templates.values()
        for role in properties(template, "AWS::IAM::Role")
        for arn in role.get("ManagedPolicyArns", [])
    ]
    assert managed == ["AmazonAPIGatewayPushToCloudWatchLogs"]


@pytest.mark.parametrize("job", FUNCTIONS)
def test_a_function_reaches_only_its_prefixes(platform: dict[str, Any], job: str) -> None:
    allowed: dict[str, set[str]] = {}
    for statement in _of_job(platform, job):
        for resource in statement.resources:
            if resource.startswith(f"{_BUCKET}/"):
                allowed.setdefault(resource.removeprefix(f"{_BUCKET}/").removesuffix("/*"), set()).update(
                    statement.actions
                )
    actions: dict[Access, set[str]] = {
        Access.LIST: set(),
        Access.READ: {"s3:GetObject"},
        Access.WRITE: {"s3:PutObject"},
        Access.READ_WRITE: {"s3:GetObject", "s3:PutObject"},
    }
    wanted = {prefix: actions[access] for prefix, access in FUNCTIONS[job].objects.items()}
    assert allowed == {prefix: some for prefix, some in wanted.items() if some}


@pytest.mark.parametrize("job", FUNCTIONS)
def test_a_function_reaches_only_our_table(platform: dict[str, Any], job: str) -> None:
    (statement,) = (s for s in _of_job(platform, job) if s.actions[0].startswith("dynamodb:"))
    assert set(statement.resources) == {_TABLE, f"{_TABLE}/index/{keys.GSI1}"}
    actions = {"dynamodb:GetItem", "dynamodb:Query"}
    if FUNCTIONS[job].table is not Access.READ:
        actions |= {"dynamodb:PutItem", "dynamodb:UpdateItem"}
    if FUNCTIONS[job].table is Access.READ_WRITE_DELETE:
        actions |= {"dynamodb:DeleteItem"}
    assert set(statement.actions) == actions


def test_a_missing_object_is_a_404_not_a_403(platform: dict[str, Any]) -> None:
    # S3 asks for ListBucket on a GetObject of a key that isn't there, and then without s3:prefix.
    for job, spec in FUNCTIONS.items():
        lists = [s for s in _of_job(platform, job) if s.actions == ("s3:ListBucket",)]
        assert len(lists) == (1 if spec.objects else 0)
        for statement in lists:
            assert set(statement.conditions) == {"StringLikeIfExists"}


_FUNCTION = "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:candlecloud-"


def _resources(statements: list[Statement], action: str) -> set[str]:
    return {resource for s in statements if action in s.actions for resource in s.resources}


@pytest.mark.parametrize("job", FUNCTIONS)
def test_a_function_calls_versions_of_what_its_entry_names(platform: dict[str, Any], job: str) -> None:
    statements, spec = _of_job(platform, job), FUNCTIONS[job]
    assert _resources(statements, "lambda:InvokeFunction") == {f"{_FUNCTION}{called}:*" for called in spec.calls}
    assert bool(_resources(statements, "states:StartExecution")) == spec.starts_fan_outs


@pytest.mark.parametrize("job", FUNCTIONS)
def test_versions_may_be_deleted_and_functions_may_not(platform: dict[str, Any], job: str) -> None:
    deleted = _resources(_of_job(platform, job), "lambda:DeleteFunction")
    assert deleted == ({f"{_FUNCTION}{one}:*" for one in FUNCTIONS} if FUNCTIONS[job].deletes_versions else set())


def test_the_state_machine_calls_versions_and_the_scheduler_the_alias(platform: dict[str, Any]) -> None:
    roles = {
        role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]: key
        for key, resource in platform["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role" and (role := resource["Properties"])
    }
    found = {
        service: _resources([s for s in read_statements(platform) if s.logical_id == key], "lambda:InvokeFunction")
        for service, key in roles.items()
    }
    assert found["states.amazonaws.com"] == {f"{_FUNCTION}{job}:*" for job in fan_out_jobs()}
    scheduled = [job for job, spec in FUNCTIONS.items() if spec.series_schedules or spec.schedule]
    assert found["scheduler.amazonaws.com"] == {f"{_FUNCTION}{job}:live" for job in scheduled}


def test_every_prefix_of_the_store_is_somebodys() -> None:
    written = {prefix for spec in FUNCTIONS.values() for prefix in spec.objects}
    assert written == _PREFIXES


def test_services_assume_roles_for_this_account_only(platform: dict[str, Any]) -> None:
    for role in properties(platform, "AWS::IAM::Role"):
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            service = statement["Principal"]["Service"]
            if service in ("states.amazonaws.com", "scheduler.amazonaws.com"):
                assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_queues_and_buckets_refuse_plain_http(templates: dict[str, dict[str, Any]]) -> None:
    for template, policy_type, count in (
        (templates["platform"], "AWS::SQS::QueuePolicy", 2),
        (templates["data"], "AWS::S3::BucketPolicy", 2),
    ):
        policies = properties(template, policy_type)
        assert len(policies) == count
        for policy in policies:
            assert any(
                s["Effect"] == "Deny" and s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
                for s in policy["PolicyDocument"]["Statement"]
            )
