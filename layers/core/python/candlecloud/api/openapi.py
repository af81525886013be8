"""The OpenAPI document: what FastAPI derives from the routes, plus the error body, common headers and real examples.

``python -m infra.generate`` writes it to ``docs/openapi.json``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from fastapi import FastAPI

from candlecloud.api.errors import PROBLEM_JSON
from candlecloud.api.negotiation import JSON
from candlecloud.api.schemas.problem import Problem
from candlecloud.strategies.rules.schema import refer_to_rules

DESCRIPTION = """\
Crypto market data, features, signals, backtests and sweeps.

* Times are accepted as ISO-8601 or unix milliseconds and shown as both; ranges are half-open, `[start, end)`.
* A POST takes one JSON object and no query parameter; unknown fields are refused.
* Every error has the same body (RFC 9457). Programs read `code`, people read `message` and `hint`.
* Every route but `/live`, `/ready`, `/openapi.json` and `/docs` needs `Authorization: Bearer <token>` with the scope
  that it names; the scope `admin` opens every route.
* Paths in bodies (`links`, `follow`, an error's `type`) are relative to the API's base address, which may end in a
  stage such as `/v1`: append them to it. The header `Location` holds that stage already and is followed as it is.
* With an `Idempotency-Key` a POST can be repeated: a successful answer is kept for a day and given again.
* Answers to GET carry a strong `ETag`; `If-None-Match` is answered with 304 when nothing has changed.
"""
_METHODS = ("get", "post", "put", "patch", "delete")


def example_calls() -> list[dict[str, Any]]:
    """The recorded calls that the document shows; a test makes each of them and compares the answer."""
    calls: list[dict[str, Any]] = json.loads(files("candlecloud.api").joinpath("examples.json").read_text("utf-8"))
    return calls


def document(app: FastAPI) -> dict[str, Any]:
    """The whole document of an application."""
    app.description = DESCRIPTION
    found: dict[str, Any] = copy.deepcopy(app.openapi())
    found["components"]["schemas"][Problem.__name__] = Problem.model_json_schema()
    refer_to_rules(found["components"]["schemas"], "#/components/schemas/")
    for _, operation in operations(found):
        operation.setdefault("parameters", []).extend(_headers(operation))
    for call in example_calls():
        _show(found["paths"][call["path"]][call["method"]], call)
    return found


def operations(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation of a document under its name, such as ``get /candles``."""
    for path, item in found["paths"].items():
        for method in _METHODS:
            if method in item:
                yield f"{method} {path}", item[method]


def as_json(app: FastAPI) -> bytes:
    """The document as JSON; put together once per application."""
    if not hasattr(app.state, "openapi_json"):
        text = json.dumps(document(app), indent=1, ensure_ascii=False, sort_keys=True)
        app.state.openapi_json = text.encode() + b"\n"
    found: bytes = app.state.openapi_json
    return found


def _headers(operation: dict[str, Any]) -> list[dict[str, Any]]:
    headers = [
        _header("X-Request-Id", "Your id for this request, used in the log and given back", r"^[A-Za-z0-9._-]{8,128}$")
    ]
    taken = operation.get("requestBody", {}).get("content", {})
    if JSON in taken:
        headers.append(
            _header(
                "Idempotency-Key", "Makes a repeat safe: the same key and body get the same answer", "^[!-~]{1,200}$"
            )
        )
    elif not taken and "security" in operation:
        headers.append(_header("If-None-Match", "ETag of the answer that you already have", r'^"[0-9a-f]{32}"$'))
        operation["responses"]["304"] = {"description": "Not Modified: the answer that you have is current"}
    return headers


def _header(name: str, description: str, pattern: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _show(operation: dict[str, Any], call: dict[str, Any]) -> None:
    """Put a recorded call into its operation: each value where it was sent, and the answer under its status."""
    name, summary = call["name"], call["summary"]
    request = call["request"]
    for place in ("query", "path", "header"):
        for key, value in request.get(place, {}).items():
            parameter = next(p for p in operation["parameters"] if (p["name"], p["in"]) == (key, place))
            parameter.setdefault("examples", {})[name] = {"summary": summary, "value": value}
    if "body" in request:
        content = operation["requestBody"]["content"][request.get("media", JSON)]
        content.setdefault("examples", {})[name] = {"summary": summary, "value": request["body"]}
    answer = operation["responses"][str(call["status"])]
    media = call.get("media", JSON if call["status"] < 400 else PROBLEM_JSON)
    shown = {"summary": summary, "value": call["response"]}
    if "scope" in call:
        shown["x-token-scope"] = call["scope"]
    answer["content"][media].setdefault("examples", {})[name] = shown
