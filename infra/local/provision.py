"""Create in moto what the template declares: buckets, tables, state machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import boto3

from infra.local.resource import Resource, TemplateError
from infra.local.template import Template

ROLE = "arn:aws:iam::123456789012:role/local"
"""moto wants a role for a state machine and never looks at it; roles are asserted on the template."""


def provision(template: Template, session: boto3.Session) -> None:
    """Create every bucket, table and state machine of the template.

    Not taken over: object versions (nothing reads them, and moto would keep every version in memory), capacity,
    encryption, streams, queues. What moto cannot prove is asserted on the template by the infra tests.
    """
    for bucket in template.resources("AWS::S3::Bucket"):
        _create_bucket(template, bucket, session)
    for table in template.resources("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"):
        _create_table(template, table, session)
    for machine in template.resources("AWS::StepFunctions::StateMachine"):
        _create_state_machine(template, machine, session)


def _create_bucket(template: Template, resource: Resource, session: boto3.Session) -> None:
    session.client("s3").create_bucket(
        Bucket=template.name(resource), CreateBucketConfiguration={"LocationConstraint": template.region}
    )


def _create_table(template: Template, resource: Resource, session: boto3.Session) -> None:
    properties = template.properties(resource)
    name = template.name(resource)
    arguments: dict[str, Any] = {
        "TableName": name,
        "AttributeDefinitions": properties["AttributeDefinitions"],
        "KeySchema": properties["KeySchema"],
        "BillingMode": "PAY_PER_REQUEST",
    }
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        indexes = [
            {key: index[key] for key in ("IndexName", "KeySchema", "Projection")} for index in properties.get(kind, [])
        ]
        if indexes:
            arguments[kind] = indexes
    dynamodb = session.client("dynamodb")
    dynamodb.create_table(**arguments)
    expiry = properties.get("TimeToLiveSpecification", {})
    if expiry.get("Enabled"):
        dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": expiry["AttributeName"]}
        )


def _create_state_machine(template: Template, resource: Resource, session: boto3.Session) -> None:
    session.client("stepfunctions").create_state_machine(
        name=template.name(resource),
        definition=json.dumps(local_definition(read_definition(template, resource))),
        roleArn=ROLE,
        type="STANDARD",
    )


def read_definition(template: Template, resource: Resource) -> dict[str, Any]:
    """Parse a state machine's definition, its references resolved.

    Raises
    ------
    TemplateError
        When the definition is not in the template itself.
    """
    properties = template.properties(resource)
    if "DefinitionString" in properties:
        text = str(properties["DefinitionString"])
        for name, value in properties.get("DefinitionSubstitutions", {}).items():
            text = text.replace("${" + name + "}", str(value))
        return dict(json.loads(text))
    if "Definition" in properties:
        return dict(properties["Definition"])
    raise TemplateError(f"{resource.logical_id}: local mode reads definitions from the template, not from S3")


def local_definition(definition: Any) -> Any:
    """Put STANDARD where a Distributed Map says EXPRESS, which moto cannot parse; change nothing else."""
    if isinstance(definition, Mapping):
        return {
            key: "STANDARD" if key == "ExecutionType" and value == "EXPRESS" else local_definition(value)
            for key, value in definition.items()
        }
    if isinstance(definition, list):
        return [local_definition(item) for item in definition]
    return definition
