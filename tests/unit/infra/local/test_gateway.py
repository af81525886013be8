"""The local gateway: proxy events in, HTTP out, and its own answers in the template's envelope."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local import gateway as gateway_module
from infra.local.functions import LocalFunctions
from infra.local.gateway import MAX_BODY_BYTES, Gateway, fill_template
from infra.local.logs import InvocationLogs
from infra.local.parts import FunctionPart, GatewayAnswer, GatewayPart

PROBLEM = '{"code":"body_too_large","said":$context.error.messageString,"request_id":"$context.requestId"}'
PART = GatewayPart(
    stage="prod",
    binary_media_types=("*/*",),
    answers={
        "REQUEST_TOO_LARGE": GatewayAnswer(413, {"Cache-Control": "no-store"}, {"application/problem+json": PROBLEM}),
        "DEFAULT_5XX": GatewayAnswer(None, {"Content-Type": "application/problem+json"}, {"application/json": "{}"}),
    },
)
Handler = Callable[[Any, Any], Any]
Exchange = Callable[..., tuple[int, dict[str, str], bytes]]


def api_function(timeout_s: int = 5) -> FunctionPart:
    return FunctionPart("api", "cc-api", "arn:aws:lambda:x:1:function:cc-api", {}, timeout_s, 128, 0, None)


@pytest.fixture
def serve() -> Iterator[Callable[..., Exchange]]:
    """Put a handler behind a gateway and get a function that sends it requests."""
    opened: list[tuple[Gateway, LocalFunctions]] = []

    def build(handler: Handler, part: GatewayPart = PART, timeout_s: int = 5) -> Exchange:
        functions = LocalFunctions({"api": api_function(timeout_s)}, InvocationLogs(None), load=lambda job: handler)
        gateway = Gateway(part, functions)
        opened.append((gateway, functions))
        return lambda *args, **kwargs: exchange(gateway, *args, **kwargs)

    yield build
    for gateway, functions in opened:
        gateway.close()
        functions.close()


def exchange(
    gateway: Gateway,
    method: str = "GET",
    path: str = "/",
    *,
    query: bytes = b"",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    chunks: tuple[bytes, ...] = (b"",),
) -> tuple[int, dict[str, str], bytes]:
    incoming = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1}
        for number, chunk in enumerate(chunks)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
    }
    asyncio.run(gateway(scope, receive, send))
    start, *parts = sent
    return (
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(part["body"] for part in parts),
    )


def test_the_event_is_a_rest_proxy_event(serve: Callable[..., Exchange]) -> None:
    seen: list[dict[str, Any]] = []

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        seen.append(event)
        return {"statusCode": 204, "headers": {}, "body": ""}

    status, headers, body = serve(handler)(
        "POST",
        "/candles/BTC-USDT",
        query=b"limit=5&tag=a&tag=b&empty=",
        headers=((b"authorization", b"Bearer x"), (b"x-many", b"1"), (b"x-many", b"2")),
        chunks=(b'{"a"', b":1}"),
    )
    assert (status, body) == (204, b"")
    (event,) = seen
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/{proxy+}", "/candles/BTC-USDT", "POST")
    assert event["pathParameters"] == {"proxy": "candles/BTC-USDT"}
    assert event["queryStringParameters"] == {"limit": "5", "tag": "b", "empty": ""}
    assert event["multiValueQueryStringParameters"] == {"limit": ["5"], "tag": ["a", "b"], "empty": [""]}
    assert event["headers"] == {"authorization": "Bearer x", "x-many": "2"}
    assert event["multiValueHeaders"]["x-many"] == ["1", "2"]
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b'{"a":1}'
    assert event["requestContext"]["stage"] == "prod"
    assert event["requestContext"]["requestId"] == headers["x-amzn-requestid"]


def test_root_and_empty_body(serve: Callable[..., Exchange]) -> None:
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        keys = ("resource", "pathParameters", "body", "isBase64Encoded", "queryStringParameters")
        return {"statusCode": 200, "body": json.dumps({key: event[key] for key in keys})}

    _, _, body = serve(handler)("GET", "/")
    assert json.loads(body) == {
        "resource": "/",
        "pathParameters": None,
        "body": None,
        "isBase64Encoded": False,
        "queryStringParameters": None,
    }


def test_binary_answers_and_repeated_headers(serve: Callable[..., Exchange]) -> None:
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return {
            "statusCode": 200,
            "headers": {"Content-Type": "application/vnd.apache.arrow.stream", "Link": "dropped"},
            "multiValueHeaders": {"link": ["kept"]},
            "body": base64.b64encode(b"\x00\xff").decode(),
            "isBase64Encoded": True,
        }

    status, headers, body = serve(handler)()
    assert (status, body) == (200, b"\x00\xff")
    assert (headers["link"], headers["content-length"]) == ("kept", "2")


def test_a_body_above_ten_megabytes_never_reaches_the_function(serve: Callable[..., Exchange]) -> None:
    seen: list[Any] = []
    send = serve(lambda event, context: seen.append(event))
    status, headers, body = send("POST", "/runs", chunks=(b"x" * MAX_BODY_BYTES, b"x"))
    assert status == 413
    assert headers["content-type"] == "application/problem+json"
    assert headers["cache-control"] == "no-store"
    assert json.loads(body) == {
        "code": "body_too_large",
        "said": "Request Too Long",
        "request_id": headers["x-amzn-requestid"],
    }
    assert seen == []


def test_a_body_that_base64_lifts_above_lambdas_limit_is_refused_too(serve: Callable[..., Exchange]) -> None:
    seen: list[Any] = []
    status, _, _ = serve(lambda event, context: seen.append(event))("POST", "/runs", chunks=(b"x" * 5_000_000,))
    assert (status, seen) == (413, [])


@pytest.mark.parametrize("answer", [None, "text", {"body": "no status"}, {"statusCode": "200"}])
def test_a_malformed_answer_is_the_gateways_502(serve: Callable[..., Exchange], answer: Any) -> None:
    status, headers, _ = serve(lambda event, context: answer)()
    assert (status, headers["content-type"]) == (502, "application/problem+json")


def test_a_raising_function_is_a_502_without_its_message(serve: Callable[..., Exchange]) -> None:
    def handler(event: dict[str, Any], context: Any) -> None:
        raise ValueError("secret bucket name")

    status, _, body = serve(handler)()
    assert status == 502
    assert b"secret" not in body


def test_a_slow_function_is_a_504(serve: Callable[..., Exchange], monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()
    monkeypatch.setattr(gateway_module, "INTEGRATION_TIMEOUT_S", 0.05)
    status, _, body = serve(lambda event, context: release.wait(5))()
    release.set()
    assert status == 504
    assert body == b"{}"


def test_without_a_gateway_response_in_the_template_the_aws_default_is_given(serve: Callable[..., Exchange]) -> None:
    status, headers, body = serve(lambda event, context: None, GatewayPart("prod", (), {}))()
    assert (status, headers["content-type"]) == (502, "application/json")
    assert json.loads(body) == {"message": "Internal server error"}


def test_text_bodies_pass_as_text_when_the_template_names_no_binary_types(serve: Callable[..., Exchange]) -> None:
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        return {"statusCode": 200, "body": f"{event['isBase64Encoded']} {event['body']}"}

    _, _, body = serve(handler, GatewayPart("prod", (), {}))("POST", "/x", chunks=("€".encode(),))
    assert body.decode() == "False €"


def test_templates_know_both_forms_and_unknown_variables_are_empty() -> None:
    filled = fill_template("$context.requestId ${context.requestId}-$context.identity.sourceIp.", {"requestId": "7"})
    assert filled == "7 7-."
