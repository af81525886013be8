"""One resource of a template: what it is called when the template does not say, and its ARN."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class TemplateError(Exception):
    """The template asks for something that local mode cannot give; the message names where."""


@dataclass(frozen=True)
class Resource:
    """One resource of one stack, its properties still unresolved."""

    stack: str
    logical_id: str
    type: str
    properties: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Construct path that CDK wrote into the metadata, or the logical id where there is none."""
        return str(self.metadata.get("aws:cdk:path", self.logical_id))


# The property that names a resource of this type, when the template gives it a name.
NAME_PROPERTY = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Glue::Database": "DatabaseInput.Name",
    "AWS::Glue::Table": "TableInput.Name",
}

# ARN of a resource, from its physical name. Types that are not listed get the generic form of `arn_of`.
ARN_FORMAT = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::DynamoDB::GlobalTable": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
}

# Types whose Ref is the ARN (or, for a queue, the URL) and not the name.
FUNCTION, VERSION, ALIAS = "AWS::Lambda::Function", "AWS::Lambda::Version", "AWS::Lambda::Alias"
QUALIFIED = {VERSION, ALIAS}
"""Types whose ARN is a function's with a qualifier."""
FIRST_VERSION = "1"
"""Number of every version that a template publishes: on one machine there is one."""
REF_IS_ARN = {"AWS::StepFunctions::StateMachine", "AWS::SNS::Topic", *QUALIFIED}


def derived_name(resource: Resource) -> str:
    """Stable physical name for a resource that the template leaves unnamed."""
    derived = f"{resource.stack}-{resource.logical_id}"
    if resource.type == "AWS::S3::Bucket":
        return re.sub(r"[^a-z0-9-]", "-", derived.lower())[:63].strip("-")
    return derived[:64]


def arn_of(kind: str, name: str, region: str, account: str) -> str:
    """ARN of a resource of this type."""
    pattern = ARN_FORMAT.get(kind)
    if pattern is None:
        service = kind.split("::")[1].lower()
        pattern = f"arn:aws:{service}:{{region}}:{{account}}:{{name}}"
    return pattern.format(region=region, account=account, name=name)
