"""Read the synthesised CloudFormation templates and resolve their intrinsic functions.

moto's CloudFormation cannot deploy a template of this shape, so local mode reads it itself: it knows the few
resource types that matter on one machine, gives each a stable physical name, and resolves every reference. What it
does not know is an error that names the resource, never a silent null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from infra.local.resource import (
    ALIAS,
    FIRST_VERSION,
    FUNCTION,
    NAME_PROPERTY,
    QUALIFIED,
    REF_IS_ARN,
    Resource,
    TemplateError,
    arn_of,
    derived_name,
)

ACCOUNT = "123456789012"
"""moto's account: it appears in every ARN that moto makes, so the template's ARNs must say the same."""
REGION = "eu-central-1"
SNAPSHOT = Path(__file__).resolve().parent.parent / "template"

NO_VALUE = object()
"""What ``AWS::NoValue`` resolves to: the surrounding key or item disappears."""


class Template:
    """All stacks of the platform, read as one.

    Parameters
    ----------
    stacks
        Stack name to parsed template.
    region, account
        What the pseudo parameters resolve to.
    """

    def __init__(self, stacks: Mapping[str, Mapping[str, Any]], *, region: str = REGION, account: str = ACCOUNT):
        if not stacks:
            raise TemplateError("no stack template given")
        self.region = region
        self.account = account
        self._stacks = dict(stacks)
        self._resources = {
            stack: {
                logical_id: Resource(
                    stack, logical_id, body["Type"], body.get("Properties", {}), body.get("Metadata", {})
                )
                for logical_id, body in template.get("Resources", {}).items()
            }
            for stack, template in self._stacks.items()
        }
        self._exports = {
            json.dumps(self._resolve(stack, output["Export"]["Name"]), sort_keys=True): (stack, output["Value"])
            for stack, template in self._stacks.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    @classmethod
    def load(cls, directory: Path = SNAPSHOT, **kwargs: Any) -> Template:
        """Read every ``*.json`` of `directory` as one stack, named after the file.

        Raises
        ------
        TemplateError
            When the folder holds no template.
        """
        files = sorted(directory.glob("*.json"))
        if not files:
            raise TemplateError(f"no synthesised template in {directory.name}/: run `make synth` first")
        return cls({file.stem: json.loads(file.read_text()) for file in files}, **kwargs)

    def resources(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of these types (all when none is given), in template order."""
        for stack in self._resources.values():
            for resource in stack.values():
                if not types or resource.type in types:
                    yield resource

    def properties(self, resource: Resource) -> dict[str, Any]:
        """Resolve all properties of a resource."""
        resolved = self._resolve(resource.stack, resource.properties)
        return dict(resolved)

    def get(self, resource: Resource, name: str, default: Any = None) -> Any:
        """Resolve one property of a resource and no other."""
        if name not in resource.properties:
            return default
        value = self._resolve(resource.stack, resource.properties[name])
        return default if value is NO_VALUE else value

    def name(self, resource: Resource) -> str:
        """Physical name: the template's own where it sets one, else stable and derived from the logical id."""
        value: Any = resource.properties
        for part in NAME_PROPERTY.get(resource.type, "").split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            return str(self._resolve(resource.stack, value))
        return derived_name(resource)

    def arn(self, resource: Resource) -> str:
        """ARN that the resource would have in this account and region."""
        if resource.type in QUALIFIED:
            function = str(self.get(resource, "FunctionName"))
            base = function if function.startswith("arn:") else arn_of(FUNCTION, function, self.region, self.account)
            return f"{base}:{self._qualifier(resource)}"
        return arn_of(resource.type, self.name(resource), self.region, self.account)

    def _qualifier(self, resource: Resource) -> str:
        """What comes after the name of the function: an alias has a name, a version is the first."""
        return str(self.get(resource, "Name")) if resource.type == ALIAS else FIRST_VERSION

    def resolve(self, stack: str, value: Any) -> Any:
        """Resolve intrinsic functions anywhere inside `value`, in the scope of `stack`."""
        resolved = self._resolve(stack, value)
        return None if resolved is NO_VALUE else resolved

    # ------------------------------------------------------------------ intrinsic functions

    def _resolve(self, stack: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            if len(value) == 1:
                (key, argument), *_ = value.items()
                intrinsic = self._INTRINSICS.get(key)
                if intrinsic is not None and (key != "Condition" or isinstance(argument, str)):
                    return intrinsic(self, stack, argument)
                if key.startswith("Fn::"):
                    raise TemplateError(f"{stack}: local mode does not know the intrinsic function {key}")
            pairs = ((key, self._resolve(stack, item)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not NO_VALUE}
        if isinstance(value, list):
            items = (self._resolve(stack, item) for item in value)
            return [item for item in items if item is not NO_VALUE]
        return value

    def _pseudo(self, stack: str, name: str) -> Any:
        values = {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack,
            "AWS::StackId": f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{stack}/local",
            "AWS::NoValue": NO_VALUE,
            "AWS::NotificationARNs": [],
        }
        if name not in values:
            raise TemplateError(f"{stack}: unknown pseudo parameter {name}")
        return values[name]

    def _ref(self, stack: str, name: str) -> Any:
        if name.startswith("AWS::"):
            return self._pseudo(stack, name)
        parameters = self._stacks[stack].get("Parameters", {})
        if name in parameters:
            if "Default" not in parameters[name]:
                raise TemplateError(f"{stack}: parameter {name} has no default")
            return parameters[name]["Default"]
        resource = self._find(stack, name)
        if resource.type == "AWS::SQS::Queue":
            return f"https://sqs.{self.region}.amazonaws.com/{self.account}/{self.name(resource)}"
        return self.arn(resource) if resource.type in REF_IS_ARN else self.name(resource)

    def _find(self, stack: str, logical_id: str) -> Resource:
        try:
            return self._resources[stack][logical_id]
        except KeyError:
            raise TemplateError(f"{stack}: nothing is called {logical_id}") from None

    def _get_att(self, stack: str, argument: Any) -> Any:
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        resource = self._find(stack, logical_id)
        name = self.name(resource)
        if attribute == "Arn" or (attribute == "TopicArn" and resource.type == "AWS::SNS::Topic"):
            return self.arn(resource)
        known = {
            "AWS::S3::Bucket": {
                "DomainName": f"{name}.s3.amazonaws.com",
                "RegionalDomainName": f"{name}.s3.{self.region}.amazonaws.com",
            },
            "AWS::StepFunctions::StateMachine": {"Name": name},
            "AWS::SQS::Queue": {"QueueName": name, "QueueUrl": self._ref(stack, logical_id)}
            if resource.type == "AWS::SQS::Queue"
            else {},
            "AWS::IAM::Role": {"RoleId": name},
            "AWS::Lambda::Version": {"Version": FIRST_VERSION},
            "AWS::ApiGateway::RestApi": {"RootResourceId": "root", "RestApiId": name},
            "AWS::DynamoDB::GlobalTable": {"TableId": name, "StreamArn": f"{self.arn(resource)}/stream/local"},
        }
        values = known.get(resource.type, {})
        if attribute not in values:
            raise TemplateError(f"{stack}: {logical_id} ({resource.type}) has no attribute {attribute} in local mode")
        return values[attribute]

    def _join(self, stack: str, argument: Any) -> str:
        separator, items = argument
        return str(separator).join(str(item) for item in self._resolve(stack, items))

    def _sub(self, stack: str, argument: Any) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument
        local = {key: self._resolve(stack, item) for key, item in variables.items()}

        def replace(match: re.Match[str]) -> str:
            name = match.group(1)
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in local:
                return str(local[name])
            return str(self._get_att(stack, name) if "." in name else self._ref(stack, name))

        return re.sub(r"\$\{([^}]+)\}", replace, text)

    def _select(self, stack: str, argument: Any) -> Any:
        index, items = argument
        values = self._resolve(stack, items)
        position = int(self._resolve(stack, index))
        if not 0 <= position < len(values):
            raise TemplateError(f"{stack}: Fn::Select asks for item {position} of {len(values)}")
        return values[position]

    def _split(self, stack: str, argument: Any) -> list[str]:
        separator, text = argument
        return str(self._resolve(stack, text)).split(separator)

    def _import_value(self, stack: str, argument: Any) -> Any:
        name = json.dumps(self._resolve(stack, argument), sort_keys=True)
        if name not in self._exports:
            raise TemplateError(f"{stack}: no stack exports {name}")
        return self._resolve(*self._exports[name])

    def _find_in_map(self, stack: str, argument: Any) -> Any:
        mapping, first, second = (self._resolve(stack, item) for item in argument[:3])
        try:
            return self._stacks[stack]["Mappings"][mapping][first][second]
        except KeyError:
            raise TemplateError(f"{stack}: no mapping {mapping}.{first}.{second}") from None

    def _condition(self, stack: str, name: str) -> bool:
        try:
            return bool(self._resolve(stack, self._stacks[stack]["Conditions"][name]))
        except KeyError:
            raise TemplateError(f"{stack}: no condition {name}") from None

    def _if(self, stack: str, argument: Any) -> Any:
        name, when_true, when_false = argument
        return self._resolve(stack, when_true if self._condition(stack, name) else when_false)

    def _equals(self, stack: str, argument: Any) -> bool:
        left, right = self._resolve(stack, argument)
        return bool(str(left) == str(right))

    _INTRINSICS: ClassVar[Mapping[str, Callable[[Template, str, Any], Any]]] = {
        "Ref": _ref,
        "Condition": _condition,
        "Fn::GetAtt": _get_att,
        "Fn::Join": _join,
        "Fn::Sub": _sub,
        "Fn::Select": _select,
        "Fn::Split": _split,
        "Fn::ImportValue": _import_value,
        "Fn::FindInMap": _find_in_map,
        "Fn::If": _if,
        "Fn::Equals": _equals,
        "Fn::Not": lambda self, stack, argument: not self._resolve(stack, argument)[0],
        "Fn::And": lambda self, stack, argument: all(self._resolve(stack, argument)),
        "Fn::Or": lambda self, stack, argument: any(self._resolve(stack, argument)),
        "Fn::GetAZs": lambda self, stack, argument: [f"{self.region}{zone}" for zone in "abc"],
    }
