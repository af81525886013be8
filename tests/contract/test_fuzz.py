"""Fuzzing: whatever is sent, the answer is one that the document promises, and never a 5xx.

Two kinds: schemathesis makes requests from the document (good ones, and ones that break a rule of it); and the
documentation's own calls are changed in one place, so that the rest of the request gets past the first checks.
"""

from __future__ import annotations

import copy
import json
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from httpx2 import InvalidURL, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, CheckFunction, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from candlecloud.api import openapi
from candlecloud.api.app import create_app
from candlecloud.api.errors import PROBLEM_JSON
from candlecloud.api.schemas.problem import Problem
from tests.support.api_world import ApiWorld
from tests.support.example_player import play

SCHEMA = schemathesis.openapi.from_dict(openapi.document(create_app(None)))
OPERATIONS = {operation.label: operation for operation in (found.ok() for found in SCHEMA.get_all_operations())}
CHECKS: list[CheckFunction] = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
GOOD_CALLS = [call for call in openapi.example_calls() if call["status"] < 300 and call["request"].keys() - {"header"}]


def bounded(examples: int) -> settings:
    """So many examples, the same ones each time: a failure here must be one that a reader can see again."""
    return settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def holds(response: Response) -> None:
    """Check what is true of every answer."""
    assert response.status_code < 500, response.text
    assert response.headers["x-request-id"]
    if response.status_code >= 400:
        assert response.headers["content-type"] == PROBLEM_JSON
        body = Problem.model_validate(response.json())
        assert body.status == response.status_code
        assert body.hint


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_requests_made_from_the_document(world: ApiWorld, label: str, mode: GenerationMode) -> None:
    @bounded(20)
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def check(case: Case) -> None:
        response = send(world, case)
        holds(response)
        case.validate_response(response, checks=CHECKS)

    check()


def send(world: ApiWorld, case: Case) -> Response:
    """Send a generated request with a token that opens everything."""
    made = case.as_transport_kwargs(base_url="http://testserver")
    content = {"content": made["data"]} if made.get("data") is not None else {}
    content |= {"json": made["json"]} if "json" in made else {}
    headers = {**made["headers"], **world.headers()}
    return world.client.request(made["method"], made["url"], params=made["params"], headers=headers, **content)


NASTY = [
    "\x00", "\ud800", "", " ", "1M", "BTC",
    "BTC/USDT:USDT-260101-1-C", "../../x", "%00", "{hint}", "NaN",
    "2024-02-30", "9999-12-31T23:59:59Z",
    "9" * 400, "-1", "0", str(2**31), str(2**63), str(10**30), "1e999",
    "a" * 3000,
    -1, 0, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30,
    0.1, 1e308, 5e-324, -0.0, float("nan"), float("inf"),
    None, True, [], {}, [[]], [None], {"start": 1}, {"start": 1, "stop": 10**9, "step": 1e-9},
]  # fmt: skip
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.sampled_from(NASTY),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=6,
)


@pytest.mark.parametrize("call", GOOD_CALLS, ids=lambda call: call["name"])
def test_good_calls_with_one_value_changed(world: ApiWorld, call: dict[str, Any]) -> None:
    """A third of the values in each place, other ones in the next; the slow test below takes them all."""
    for number, path in enumerate(places(call["request"])):
        for value in NASTY[number % 3 :: 3]:
            holds(send_changed(world, call, path, value))


@pytest.mark.slow
@pytest.mark.parametrize("call", GOOD_CALLS, ids=lambda call: call["name"])
def test_good_calls_with_any_value_changed(world: ApiWorld, call: dict[str, Any]) -> None:
    for path in places(call["request"]):
        for value in NASTY:
            holds(send_changed(world, call, path, value))


@pytest.mark.parametrize("call", GOOD_CALLS, ids=lambda call: call["name"])
def test_good_calls_with_anything_in_one_place(world: ApiWorld, call: dict[str, Any]) -> None:
    @bounded(15)
    @given(path=st.sampled_from(places(call["request"])), value=JSON_VALUES)
    def check(path: tuple[str, ...], value: Any) -> None:
        holds(send_changed(world, call, path, value))

    check()


@bounded(80)
@given(body=st.binary(max_size=200) | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_body(world: ApiWorld, body: bytes) -> None:
    headers = world.headers() | {"Content-Type": "application/json"}
    for route in ("/backtest/run", "/sweeps", "/ingestion/backfill"):
        holds(world.client.post(route, content=body, headers=headers))


HEADERS = ("Authorization", "Accept", "Content-Type", "X-Request-Id", "Idempotency-Key", "If-None-Match")


@bounded(80)
@given(name=st.sampled_from(HEADERS), value=st.binary(max_size=60).filter(lambda v: not set(v) & {0, 10, 13}))
def test_any_header(world: ApiWorld, name: str, value: bytes) -> None:
    headers = [*((k, v.encode()) for k, v in world.headers().items() if k != name), (name, value)]
    body = b'{"exchange":"binance","symbol":"BTC-USDT","timeframe":"1h"}'
    if name != "Content-Type":
        headers.append(("Content-Type", b"application/json"))
    holds(world.client.post("/ingestion/backfill", content=body, headers=headers))
    holds(world.client.get("/series", headers=headers))


@bounded(80)
@given(path=st.text(max_size=30), query=st.text(max_size=30))
def test_any_address(world: ApiWorld, path: str, query: str) -> None:
    try:
        holds(world.client.get(f"/{path}", params={"symbol": query, query: "1"}, headers=world.headers()))
    except (InvalidURL, UnicodeEncodeError):
        return  # no client can send it


def places(request: dict[str, Any]) -> list[tuple[str, ...]]:
    """Where a request holds a value: in the query, the path, a header or the body, and one unknown name in each."""
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[tuple[str, ...], Any]] = [((place,), request[place]) for place in sorted(request)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*path, key), item) for key, item in value.items()]
            found.append((*path, "another"))
        if len(path) > 1:
            found.append(path)
    return sorted(found)


def send_changed(world: ApiWorld, call: dict[str, Any], path: tuple[str, ...], value: Any) -> Response:
    """Make a call with another value in one place."""
    changed = copy.deepcopy(call)
    target = changed["request"]
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value if path[0] == "body" else _as_text(value, path[0])
    if path[0] != "body":
        return play(world, changed)
    headers = world.headers() | {"Content-Type": "application/json"}
    world.dispatcher.deferred = False
    return world.client.post(call["path"], content=json.dumps(changed["request"]["body"]).encode(), headers=headers)


def _as_text(value: Any, place: str) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    text = text.encode("utf-8", "replace").decode()
    if place == "header":
        return "".join(c for c in text if " " <= c <= "~")
    return quote(text, safe="") or "_" if place == "path" else text
