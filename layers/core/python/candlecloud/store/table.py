"""The DynamoDB table: conditional writes and queries in plain Python values.

Values are text, bytes, booleans and integers (times in ms UTC, counts); anything nested is kept as JSON text, because
nothing is searched in it.
In expressions an attribute is written ``#name`` and a value ``:name``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from candlecloud.store import keys
from candlecloud.store.aws import error_code, store_border

Item = dict[str, Any]


class Write(NamedTuple):
    """Outcome of a conditional write: whether it took place, and the item that was there before."""

    done: bool
    old: Item | None


class Table:
    """The one table."""

    def __init__(self, dynamodb: Any, name: str) -> None:
        self._client = dynamodb
        self.name = name

    def get(self, key: Mapping[str, str]) -> Item | None:
        """Read one item, as of the newest write."""
        with store_border("read the index"):
            answer = self._client.get_item(TableName=self.name, Key=_to_item(key), ConsistentRead=True)
        return _from_item(answer["Item"]) if "Item" in answer else None

    def put(
        self, item: Mapping[str, Any], condition: str | None = None, values: Mapping[str, Any] | None = None
    ) -> Write:
        """Write a whole item, if the condition on the stored one holds. Attributes that are None are left out."""
        request: dict[str, Any] = {"Item": _to_item({k: v for k, v in item.items() if v is not None})}
        return self._write("put_item", request, condition, values, "")

    def update(
        self,
        key: Mapping[str, str],
        *,
        put: Mapping[str, Any] | None = None,
        add: Mapping[str, int] | None = None,
        remove: tuple[str, ...] = (),
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Write:
        """Change attributes of an item (made if it does not exist), if the condition holds."""
        put, add = put or {}, add or {}
        parts = []
        if put:
            parts.append("SET " + ", ".join(f"#{name} = :put_{name}" for name in put))
        if add:
            parts.append("ADD " + ", ".join(f"#{name} :add_{name}" for name in add))
        if remove:
            parts.append("REMOVE " + ", ".join(f"#{name}" for name in remove))
        expression = " ".join(parts)
        bound = {f"put_{k}": v for k, v in put.items()} | {f"add_{k}": v for k, v in add.items()} | dict(values or {})
        request = {"Key": _to_item(key), "UpdateExpression": expression}
        return self._write("update_item", request, condition, bound, expression)

    def delete(
        self, key: Mapping[str, str], condition: str | None = None, values: Mapping[str, Any] | None = None
    ) -> Write:
        return self._write("delete_item", {"Key": _to_item(key)}, condition, values, "")

    def query(
        self,
        partition: str,
        *,
        indexed: bool = False,
        begins_with: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        where: str | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> Iterator[Item]:
        """Items of one partition in order of their sort key.

        Parameters
        ----------
        indexed : bool
            Query `gsi1` (a moment behind the table) in place of the table.
        begins_with, after : str, optional
            Only sort keys that begin so, or that lie after; at most one of the two.
        limit : int, optional
            Stop after so many items; counted after `where`.
        where : str, optional
            A filter on the items.
        """
        pk, sk = (keys.GSI1_PK, keys.GSI1_SK) if indexed else (keys.PK, keys.SK)
        expression = f"#{pk} = :pk"
        bound = {"pk": partition} | dict(values or {})
        if begins_with is not None:
            expression, bound = f"{expression} AND begins_with(#{sk}, :prefix)", bound | {"prefix": begins_with}
        elif after is not None:
            expression, bound = f"{expression} AND #{sk} > :after", bound | {"after": after}
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": expression,
            "ExpressionAttributeNames": _names(expression, where),
            "ExpressionAttributeValues": _bind(bound),
            "ScanIndexForward": not newest_first,
        }
        request |= {"IndexName": keys.GSI1} if indexed else {"ConsistentRead": True}
        if where is not None:
            request["FilterExpression"] = where
        elif limit is not None:
            request["Limit"] = limit
        yield from self._pages(request, limit)

    def _pages(self, request: dict[str, Any], limit: int | None) -> Iterator[Item]:
        given = 0
        while True:
            with store_border("read the index"):
                page = self._client.query(**request)
            for item in page["Items"]:
                if given == limit:
                    return
                given += 1
                yield _from_item(item)
            if "LastEvaluatedKey" not in page or given == limit:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _write(
        self,
        operation: str,
        request: dict[str, Any],
        condition: str | None,
        values: Mapping[str, Any] | None,
        expression: str,
    ) -> Write:
        request |= {"TableName": self.name, "ReturnValues": "ALL_OLD"}
        names = _names(expression, condition)
        if names:
            request["ExpressionAttributeNames"] = names
        if values:
            request["ExpressionAttributeValues"] = _bind(values)
        if condition is not None:
            request |= {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        with store_border("write the index"):
            try:
                answer = getattr(self._client, operation)(**request)
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
                old = error.response.get("Item")
                return Write(False, _from_item(old) if old else None)
        return Write(True, _from_item(answer["Attributes"]) if answer.get("Attributes") else None)


def as_text(value: Mapping[str, Any]) -> str:
    """A nested value as an attribute: JSON with sorted keys."""
    return json.dumps(value, sort_keys=True)


def from_text(text: str | None) -> Any:
    """A nested value from its attribute; None stays None."""
    return None if text is None else json.loads(text)


def _names(*expressions: str | None) -> dict[str, str]:
    return {name: name[1:] for text in expressions if text for name in re.findall(r"#\w+", text)}


def _bind(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f":{name}": _to_attribute(value) for name, value in values.items()}


def _to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _to_attribute(value) for name, value in values.items()}


def _from_item(item: Mapping[str, Any]) -> Item:
    return {name: _from_attribute(attribute) for name, attribute in item.items()}


def _to_attribute(value: Any) -> dict[str, Any]:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    raise TypeError(f"An attribute is text, bytes, a boolean or an integer, not {type(value).__name__}.")


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    if kind in ("S", "B", "BOOL"):
        return value
    if kind == "N":
        return int(Decimal(value))  # DynamoDB may write a number as 1E+3
    if kind == "NULL":
        return None
    raise TypeError(f"No attribute of type {kind} is written here.")
