"""What a reviewer asks of the templates first: every ``*`` in a policy, and what cdk-nag found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Statement:
    """One policy statement of a template, its tokens written out as ``<AWS::Region>``."""

    logical_id: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Any]


def read_statements(template: Mapping[str, Any]) -> list[Statement]:
    """Read every statement of every policy, those that let a service assume a role left out."""
    return [
        Statement(
            logical_id,
            raw["Effect"],
            tuple(_texts(raw["Action"])),
            tuple(_texts(raw.get("Resource", []))),
            raw.get("Condition", {}),
        )
        for logical_id, resource in template["Resources"].items()
        for document in _documents(resource.get("Properties", {}))
        for raw in document["Statement"]
    ]


def _documents(properties: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "PolicyDocument" in properties:
        yield properties["PolicyDocument"]
    for policy in properties.get("Policies", []):
        yield policy["PolicyDocument"]


def _texts(value: Any) -> list[str]:
    return [text_of(item) for item in (value if isinstance(value, list) else [value])]


def text_of(value: Any) -> str:
    """Write a value of a template as text: ``Ref`` and ``Fn::GetAtt`` as ``<name>``, joins joined."""
    if not isinstance(value, Mapping):
        return str(value)
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator).join(text_of(part) for part in parts)
    return f"<{'.'.join(argument) if isinstance(argument, list) else argument}>"


def wildcard_summary(templates: Mapping[str, Mapping[str, Any]]) -> str:
    """Count the ``*`` in policies: in what they allow, and in what they deny."""
    allowed = [s for template in templates.values() for s in read_statements(template) if s.effect == "Allow"]
    actions = sum("*" in action for s in allowed for action in s.actions)
    bare = sum(resource == "*" for s in allowed for resource in s.resources)
    suffixes = sum(resource.endswith("*") and resource != "*" for s in allowed for resource in s.resources)
    return (
        f"policies: {actions} actions with *, {bare} bare * resource (log delivery of Step Functions), "
        f"{suffixes} resources that end in * (keys under a prefix, log streams, versions, executions)"
    )


def nag_summary(assembly: Path) -> str:
    """Say what cdk-nag found in a synthesised assembly."""
    reports = json.loads((assembly / "validation-report.json").read_text())["pluginReports"]
    (report,) = (report for report in reports if report["pluginName"] == "AwsSolutions")
    found, accepted = report["violations"], report["suppressedViolations"]
    rules = sorted({violation["ruleName"].split("[")[0] for violation in accepted})
    return f"cdk-nag AwsSolutions: {len(found)} open, {len(accepted)} acknowledged with a reason ({', '.join(rules)})"
