"""API Gateway on one machine: HTTP in, REST proxy event to the api function, HTTP out.

It keeps the gateway's own manners: its body limit, its time limit, and the error answers that the template gives it,
so that a client meets the same envelope here as on AWS. It stands where a custom domain would: the stage is not part
of the path.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from infra.local.functions import MAX_SYNC_BYTES, LocalFunctions
from infra.local.parts import GatewayAnswer, GatewayPart
from infra.local.template import ACCOUNT

MAX_BODY_BYTES = 10 * 1024 * 1024
INTEGRATION_TIMEOUT_S = 29.0
THREADS = 32

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Gateway response types that fall back to another's template, and their statuses (API Gateway developer guide).
_STATUS = {
    "REQUEST_TOO_LARGE": 413,
    "INTEGRATION_TIMEOUT": 504,
    "INTEGRATION_FAILURE": 503,
    "API_CONFIGURATION_ERROR": 500,
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 502,
}
_MESSAGE = {
    "REQUEST_TOO_LARGE": "Request Too Long",
    "INTEGRATION_TIMEOUT": "Endpoint request timed out",
    "INTEGRATION_FAILURE": "Network error communicating with endpoint",
    "DEFAULT_5XX": "Internal server error",
}


class Gateway:
    """ASGI application in front of one function.

    Parameters
    ----------
    part
        The template's REST API.
    functions
        Where the function runs.
    function
        Job name of the function behind every route.
    """

    def __init__(self, part: GatewayPart, functions: LocalFunctions, function: str = "api") -> None:
        self._part = part
        self._functions = functions
        self._function = function
        self._workers = ThreadPoolExecutor(THREADS, "gateway")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        request_id = str(uuid.uuid4())
        body = await _read_body(receive)
        if body is None:
            answer = self.own_answer("REQUEST_TOO_LARGE", request_id, scope)
        else:
            answer = await self._through_function(scope, body, request_id)
        status, headers, content = answer
        names = {name.lower() for name, _ in headers}
        headers += [("x-amzn-requestid", request_id)]
        if "content-length" not in names:
            headers += [("content-length", str(len(content)))]
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    async def _through_function(self, scope: Scope, body: bytes, request_id: str) -> Answer:
        event = json.dumps(self.event(scope, body, request_id)).encode()
        if len(event) > MAX_SYNC_BYTES:
            return self.own_answer("REQUEST_TOO_LARGE", request_id, scope)
        call = asyncio.get_running_loop().run_in_executor(self._workers, self._functions.invoke, self._function, event)
        try:
            result = await asyncio.wait_for(asyncio.shield(call), INTEGRATION_TIMEOUT_S)
        except TimeoutError:
            return self.own_answer("INTEGRATION_TIMEOUT", request_id, scope)
        if result.error is not None:
            return self.own_answer("DEFAULT_5XX", request_id, scope)
        return _http_answer(result.value()) or self.own_answer("DEFAULT_5XX", request_id, scope)

    def close(self) -> None:
        """Let running requests end and take no more."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    def event(self, scope: Scope, body: bytes, request_id: str) -> dict[str, Any]:
        """Build the REST API's Lambda proxy event (payload 1.0)."""
        headers, multi_headers = _multi(
            (key.decode("latin-1"), value.decode("latin-1")) for key, value in scope["headers"]
        )
        query, multi_query = _multi(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        path = scope["path"]
        client = scope.get("client") or ("127.0.0.1", 0)
        now = datetime.now(UTC)
        text, is_base64 = self._encode_body(body)
        proxied = path.lstrip("/")
        resource = "/{proxy+}" if proxied else "/"
        return {
            "resource": resource,
            "path": path,
            "httpMethod": scope["method"],
            "headers": headers,
            "multiValueHeaders": multi_headers,
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": multi_query or None,
            "pathParameters": {"proxy": proxied} if proxied else None,
            "stageVariables": None,
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "local",
                "stage": self._part.stage,
                "protocol": "HTTP/1.1",
                "httpMethod": scope["method"],
                "resourcePath": resource,
                "path": path,
                "requestId": request_id,
                "extendedRequestId": request_id,
                "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
                "requestTimeEpoch": int(now.timestamp() * 1000),
                "identity": {"sourceIp": client[0], "userAgent": headers.get("user-agent")},
            },
            "body": text,
            "isBase64Encoded": is_base64,
        }

    def own_answer(self, kind: str, request_id: str, scope: Scope) -> Answer:
        """Fill the template's gateway response of this type."""
        default = "DEFAULT_4XX" if _STATUS.get(kind, 500) < 500 else "DEFAULT_5XX"
        given = self._part.answers.get(kind) or self._part.answers.get(default) or GatewayAnswer(None, {}, {})
        message = _MESSAGE.get(kind, "Internal server error")
        values = {
            "requestId": request_id,
            "extendedRequestId": request_id,
            "path": scope["path"],
            "httpMethod": scope["method"],
            "stage": self._part.stage,
            "error.message": message,
            "error.messageString": json.dumps(message),
            "error.responseType": kind,
        }
        status = given.status or _STATUS.get(kind, 500)
        if not given.templates:
            return status, [("content-type", "application/json")], json.dumps({"message": message}).encode()
        content_type, template = next(iter(given.templates.items()))
        headers = [("content-type", content_type)]
        # A header of the gateway response replaces the one that the template's media type gives.
        headers = [item for item in headers if item[0] not in {name.lower() for name in given.headers}]
        return status, [*headers, *given.headers.items()], fill_template(template, values).encode()

    def _encode_body(self, body: bytes) -> tuple[str | None, bool]:
        """Pass text through and binary as base64: all is binary where the template says ``*/*``."""
        if not body:
            return None, False
        if "*/*" in self._part.binary_media_types:
            return base64.b64encode(body).decode(), True
        return body.decode("utf-8", "replace"), False


Answer = tuple[int, list[tuple[str, str]], bytes]


def fill_template(template: str, values: Mapping[str, str]) -> str:
    """Replace ``$context.name`` and ``${context.name}``; an unknown variable is empty, as in API Gateway."""

    def value(match: re.Match[str]) -> str:
        return values.get(match.group(1) or match.group(2), "")

    return re.sub(r"\$\{context\.([A-Za-z.]+)\}|\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)", value, template)


async def _read_body(receive: Receive) -> bytes | None:
    """Read the body; None when it is above the gateway's limit (the rest is read and dropped)."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            parts.append(chunk)
        if not message.get("more_body", False):
            break
    return b"".join(parts) if size <= MAX_BODY_BYTES else None


def _multi(pairs: Any) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Last value and all values by name."""
    many: dict[str, list[str]] = {}
    for name, value in pairs:
        many.setdefault(name, []).append(value)
    return {name: values[-1] for name, values in many.items()}, many


def _http_answer(value: Any) -> Answer | None:
    """Turn the function's proxy answer into HTTP; None when it is malformed, which the gateway calls a 502."""
    if not isinstance(value, dict) or not isinstance(value.get("statusCode"), int):
        return None
    headers = [(name, str(item)) for name, item in (value.get("headers") or {}).items()]
    many = [(name, str(item)) for name, items in (value.get("multiValueHeaders") or {}).items() for item in items]
    single = [(name, item) for name, item in headers if name.lower() not in {other.lower() for other, _ in many}]
    body = value.get("body") or ""
    content = base64.b64decode(body) if value.get("isBase64Encoded") else str(body).encode()
    return value["statusCode"], [*single, *many], content
