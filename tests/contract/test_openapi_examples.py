"""Every example in the document is a call that was made: here each is made again, and the answers are compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from candlecloud.api import openapi
from candlecloud.api.app import create_app
from candlecloud.api.negotiation import JSON
from tests.support.api_world import api_world
from tests.support.example_player import learn_names, play, shown_of, translate
from tests.support.example_requests import CALLS

DOCUMENT = openapi.document(create_app(None))
_ORDER = {call["name"]: place for place, call in enumerate(CALLS)}


def examples_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The document's examples put together again to calls: values of one name in one operation belong together."""
    calls: dict[tuple[str, str], dict[str, Any]] = {}
    for operation_name, operation in openapi.operations(document):
        method, path = operation_name.split(" ")
        parts = (*_sent(operation), *_answered(operation))
        for name, part in parts:
            empty = {"name": name, "method": method, "path": path, "request": {}}
            call = calls.setdefault((operation_name, name), empty)
            for place, value in part.pop("request", {}).items():
                known = call["request"].get(place, {})
                call["request"][place] = known | value if isinstance(value, dict) else value
            call |= part
    return sorted(calls.values(), key=lambda found: _ORDER[found["name"]])


def _sent(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for parameter in operation["parameters"]:
        for name, example in parameter.get("examples", {}).items():
            yield name, {"request": {parameter["in"]: {parameter["name"]: example["value"]}}}
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        for name, example in content.get("examples", {}).items():
            file = {} if media == JSON else {"media": media}
            yield name, {"request": {"body": example["value"], **file}}


def _answered(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, answer in operation["responses"].items():
        for media, content in answer.get("content", {}).items():
            for name, example in content.get("examples", {}).items():
                scope = {"scope": example["x-token-scope"]} if "x-token-scope" in example else {}
                shown = {"response": example["value"], "schema": content["schema"]}
                yield name, {"status": int(status), "media": media, **shown, **scope}


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Path of every key of a document."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from walk(item, (*path, str(place)))


EXAMPLES = examples_of(DOCUMENT)


@pytest.fixture(scope="module")
def played() -> dict[str, tuple[Any, dict[str, str]]]:
    """All examples, made in order on one world; the answer and what the recorded identities are called today."""
    names: dict[str, str] = {}
    found = {}
    with api_world(max_wait_s=0.2) as world:
        for call in EXAMPLES:
            response = play(world, call, names)
            learn_names(call["response"], shown_of(response), names)
            found[call["name"]] = (response, dict(names))
    return found


@pytest.mark.parametrize("call", EXAMPLES, ids=lambda call: call["name"])
def test_the_example_is_what_the_api_answers(
    call: dict[str, Any], played: dict[str, tuple[Any, dict[str, str]]]
) -> None:
    response, names = played[call["name"]]
    assert response.status_code == call["status"]
    assert response.headers["content-type"].partition(";")[0] == call["media"]
    assert shown_of(response) == translate(call["response"], names), "meant? python -m tests.evidence.record_examples"


@pytest.mark.parametrize("call", EXAMPLES, ids=lambda call: call["name"])
def test_the_example_fits_its_schema(call: dict[str, Any]) -> None:
    schema = {"components": DOCUMENT["components"], **call["schema"]}
    jsonschema.validate(call["response"], schema)


def test_no_example_stands_where_it_is_not_executed() -> None:
    shown = [path for path in walk(DOCUMENT) if path[-1] in ("example", "examples")]
    in_schemas = [path for path in shown if "schema" in "/".join(path) and "value" not in path]
    assert in_schemas == []
    assert {call["name"] for call in EXAMPLES} == {call["name"] for call in CALLS}


def test_every_operation_shows_a_good_call() -> None:
    shown = {f"{call['method']} {call['path']}" for call in EXAMPLES if call["status"] < 300}
    assert shown == {name for name, _ in openapi.operations(DOCUMENT)}


def test_the_document_is_the_same_each_time() -> None:
    app = create_app(None)
    assert openapi.document(app) == openapi.document(app) == DOCUMENT


def test_the_snapshot_is_the_document() -> None:
    snapshot = Path(__file__).parents[2] / "docs" / "openapi.json"
    assert snapshot.read_bytes() == openapi.as_json(create_app(None)), "python -m infra.generate"
