"""What the template says about the parts that local mode runs: functions, schedules, gateway.

Plain values, read once at start; nothing here talks to moto or to a handler.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.resource import Resource, TemplateError
from infra.local.template import Template


@dataclass(frozen=True)
class FunctionPart:
    """One Lambda function: the job it runs, how it is called, and its environment."""

    job: str
    name: str
    arn: str
    environment: Mapping[str, str]
    timeout_s: int
    memory_mb: int
    retries: int
    """How often a failed asynchronous invocation is tried again (AWS: 0, 1 or 2)."""
    dead_letter_arn: str | None
    concurrent: bool = False
    """Whether it may run in several threads at once."""


@dataclass(frozen=True)
class SchedulePart:
    """One EventBridge schedule and what it sends where."""

    name: str
    expression: str
    timezone: str
    target_arn: str
    input: str
    enabled: bool


@dataclass(frozen=True)
class GatewayAnswer:
    """What API Gateway itself answers for one response type, templates unfilled."""

    status: int | None
    headers: Mapping[str, str]
    templates: Mapping[str, str]


@dataclass(frozen=True)
class GatewayPart:
    """The REST API: its stage, what it treats as binary, and its own error answers."""

    stage: str
    binary_media_types: Sequence[str]
    answers: Mapping[str, GatewayAnswer]


def read_functions(template: Template, jobs: Sequence[str], concurrent: Container[str] = ()) -> dict[str, FunctionPart]:
    """Map each job to its function in the template.

    Parameters
    ----------
    jobs
        Names of the function folders; functions that run none of them (custom resources of CDK) are left out.
    concurrent
        Jobs that may run in several threads at once.

    Raises
    ------
    TemplateError
        When two functions claim one job.
    """
    retries, targets = _asynchronous(template)
    parts: dict[str, FunctionPart] = {}
    for resource in template.resources("AWS::Lambda::Function"):
        job = _job_of(template, resource, jobs)
        if job is None:
            continue
        if job in parts:
            raise TemplateError(f"two functions run {job}: {parts[job].name} and {template.name(resource)}")
        properties = template.properties(resource)
        variables = properties.get("Environment", {}).get("Variables", {})
        name = template.name(resource)
        parts[job] = FunctionPart(
            job=job,
            name=name,
            arn=template.arn(resource),
            environment={key: str(value) for key, value in variables.items()},
            timeout_s=int(properties.get("Timeout", 3)),
            memory_mb=int(properties.get("MemorySize", 128)),
            retries=retries.get(name, 2),
            dead_letter_arn=targets.get(name) or properties.get("DeadLetterConfig", {}).get("TargetArn"),
            concurrent=job in concurrent,
        )
    return parts


def _job_of(template: Template, resource: Resource, jobs: Sequence[str]) -> str | None:
    """Find the job whose name the function carries, comparing letters and digits only; the longest wins."""

    def squeeze(text: str) -> str:
        return "".join(letter for letter in text.lower() if letter.isalnum())

    for text in (template.name(resource), *reversed(resource.path.split("/")), resource.logical_id):
        found = [job for job in jobs if squeeze(job) in squeeze(text)]
        if found:
            return max(found, key=len)
    return None


def _asynchronous(template: Template) -> tuple[dict[str, int], dict[str, str]]:
    """Read retries and failure destinations of asynchronous invocations, by function name."""
    retries: dict[str, int] = {}
    targets: dict[str, str] = {}
    for resource in template.resources("AWS::Lambda::EventInvokeConfig"):
        properties = template.properties(resource)
        name = str(properties["FunctionName"]).rsplit(":", 1)[-1]
        retries[name] = int(properties.get("MaximumRetryAttempts", 2))
        destination = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if destination:
            targets[name] = str(destination)
    return retries, targets


def read_schedules(template: Template) -> list[SchedulePart]:
    """Read every ``AWS::Scheduler::Schedule``, in template order."""
    parts = []
    for resource in template.resources("AWS::Scheduler::Schedule"):
        properties = template.properties(resource)
        target = properties["Target"]
        payload = target.get("Input", "{}")
        parts.append(
            SchedulePart(
                name=template.name(resource),
                expression=str(properties["ScheduleExpression"]),
                timezone=str(properties.get("ScheduleExpressionTimezone", "UTC")),
                target_arn=str(target["Arn"]),
                input=payload if isinstance(payload, str) else json.dumps(payload),
                enabled=properties.get("State", "ENABLED") == "ENABLED",
            )
        )
    return parts


def read_gateway(template: Template) -> GatewayPart:
    """Read the REST API's stage, binary types and gateway responses.

    Raises
    ------
    TemplateError
        When the template has no REST API, or more than one.
    """
    apis = list(template.resources("AWS::ApiGateway::RestApi"))
    if len(apis) != 1:
        raise TemplateError(f"local mode serves one REST API, the template has {len(apis)}")
    stages = [template.properties(stage) for stage in template.resources("AWS::ApiGateway::Stage")]
    answers = {}
    for resource in template.resources("AWS::ApiGateway::GatewayResponse"):
        properties = template.properties(resource)
        status = properties.get("StatusCode")
        answers[str(properties["ResponseType"])] = GatewayAnswer(
            status=None if status is None else int(status),
            headers=_headers(properties.get("ResponseParameters", {})),
            templates=properties.get("ResponseTemplates", {}),
        )
    return GatewayPart(
        stage=str(stages[0].get("StageName", "local")) if stages else "local",
        binary_media_types=tuple(template.get(apis[0], "BinaryMediaTypes", ())),
        answers=answers,
    )


def _headers(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Turn ``gatewayresponse.header.X: "'literal'"`` into headers; anything but a literal is left out."""
    prefix = "gatewayresponse.header."
    return {
        name.removeprefix(prefix): value[1:-1]
        for name, value in parameters.items()
        if name.startswith(prefix) and isinstance(value, str) and value[:1] == value[-1:] == "'"
    }
