"""Through the Lambda handler: what API Gateway sends and gets is what the application says."""

from __future__ import annotations

import asyncio
import base64
import copy
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa
import pytest

from candlecloud import wiring
from candlecloud.api.negotiation import ARROW
from functions.api.handler import handler
from tests.support.api_world import NOW, seed
from tests.support.cloud import BUCKET, CREDENTIALS, TABLE, embedded_stores

EVENT = json.loads((Path(__file__).parents[2] / "events" / "api.json").read_text())
CANDLES = "/candles?exchange=binance&symbol=BTC%2FUSDT&timeframe=1h&limit=3"
ENVIRONMENT = {
    "CANDLECLOUD_BUCKET": BUCKET,
    "CANDLECLOUD_TABLE": TABLE,
    "CANDLECLOUD_STATE_MACHINE_ARN": "arn:aws:states:eu-central-1:123456789012:stateMachine:sweep",
    "CANDLECLOUD_FUNCTIONS": json.dumps({job: job for job in ("run_backtest", "backfill_candles", "preview_series")}),
    "CANDLECLOUD_MAX_WAIT_S": "0",
}


@pytest.fixture(scope="module", autouse=True)
def main_threads_loop() -> Iterator[None]:
    """Mangum takes the thread's event loop, or leaves one behind that nobody closes; Lambda's main thread has one."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="module")
def token(main_threads_loop: None) -> Iterator[str]:
    """A token for a handler that stands on the embedded AWS."""
    with pytest.MonkeyPatch.context() as patch, embedded_stores() as stores:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
        for name, value in zip(names, CREDENTIALS.values(), strict=True):
            patch.setenv(name, value)
        wiring.configure({"api": ENVIRONMENT})
        seed(stores)
        yield stores.tokens.mint("test", ["admin"], NOW)
        wiring.configure({})


def ask(token: str, url: str, method: str = "GET", body: Any = None, **headers: str) -> dict[str, Any]:
    """Hand the handler what API Gateway would."""
    event = copy.deepcopy(EVENT)
    parts = urlsplit(url)
    event |= {"path": parts.path, "httpMethod": method, "body": None if body is None else json.dumps(body)}
    event["requestContext"] |= {"path": f"/v1{parts.path}", "httpMethod": method}
    for name, value in {"Authorization": f"Bearer {token}", **headers}.items():
        event["headers"][name] = value
        event["multiValueHeaders"][name] = [value]
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query):
        query.setdefault(name, []).append(value)
    event["multiValueQueryStringParameters"] = query or None
    event["queryStringParameters"] = {name: values[-1] for name, values in query.items()} or None
    answer: dict[str, Any] = handler(event, None)
    return answer


def header(answer: dict[str, Any], name: str) -> str:
    """A header of the answer, whichever of the two lists it stands in."""
    both = {**answer["headers"], **{k: v[-1] for k, v in answer.get("multiValueHeaders", {}).items()}}
    return next(value for key, value in both.items() if key.lower() == name)


def test_json_goes_as_text(token: str) -> None:
    answer = ask(token, CANDLES)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert json.loads(answer["body"])["count"] == 3


def test_arrow_goes_as_base64(token: str) -> None:
    answer = ask(token, CANDLES, Accept=ARROW)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert pa.ipc.open_stream(io.BytesIO(base64.b64decode(answer["body"]))).read_all().num_rows == 3


@pytest.mark.parametrize(
    ("url", "method", "status", "code"),
    [
        ("/candles?limit=1&limit=2", "GET", 400, "invalid_request"),
        ("/candles?symbol=%00", "GET", 400, "invalid_request"),
        ("/nowhere", "GET", 404, "not_found"),
        ("/candles", "DELETE", 405, "method_not_allowed"),
        ("/sweeps?fast=1", "POST", 400, "use_json_body"),
    ],
)
def test_errors_go_as_text_with_their_body(token: str, url: str, method: str, status: int, code: str) -> None:
    answer = ask(token, url, method)
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (status, False)
    assert header(answer, "content-type") == "application/problem+json"
    assert json.loads(answer["body"])["code"] == code


def test_a_base64_body_is_read(token: str) -> None:
    event = copy.deepcopy(EVENT) | {"path": "/sweeps", "httpMethod": "POST", "isBase64Encoded": True}
    event["body"] = base64.b64encode(b'{"exchange": NaN}').decode()
    event["headers"] |= {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    event["multiValueHeaders"] = None
    answer = handler(event, None)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (400, "invalid_json")


def test_location_carries_the_stage(token: str) -> None:
    run = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma"}
    world = wiring.runtime_of("api")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.dispatcher, "invoke", lambda job, payload, functions: None)
        answer = ask(token, "/backtest/run", "POST", run, **{"Content-Type": "application/json"})
    body = json.loads(answer["body"])
    assert answer["statusCode"] == 202
    assert header(answer, "location") == f"/v1/runs/{body['run_id']}"
    assert body["links"]["self"] == f"/runs/{body['run_id']}"
