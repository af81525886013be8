"""Requests that no program should send, and what they get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response

from candlecloud.api.cursors import issue
from candlecloud.api.negotiation import ARROW
from tests.support.api_world import ApiWorld

BTC = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
RUN = {**BTC, "strategy": "dual_sma", "parameters": {"fast": 20, "slow": 50}}
JSON = {"Content-Type": "application/json"}
THOUSAND = {"start": 2, "stop": 1000, "step": 1}
KEY = {"Idempotency-Key": "the-same-key"}


@dataclass(frozen=True)
class BadRequest:
    """One row: the request, and the status, code and word of the answer that it must get.

    Attributes
    ----------
    names : str
        What the message, the hint or the details must name.
    """

    title: str
    method: str
    url: str
    status: int
    code: str
    names: str
    body: Any = None
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    scope: str = "admin"


def _get(title: str, url: str, status: int, code: str, names: str, **more: Any) -> BadRequest:
    return BadRequest(title, "GET", url, status, code, names, **more)


def _run(title: str, status: int, code: str, names: str, change: dict[str, Any]) -> BadRequest:
    return BadRequest(title, "POST", "/backtest/run", status, code, names, body={**RUN, **change})


def _raw(title: str, body: bytes, status: int, code: str, names: str, **more: Any) -> BadRequest:
    return BadRequest(title, "POST", "/backtest/run", status, code, names, body=body, **{"headers": JSON, **more})


def _candles(title: str, status: int, code: str, names: str, change: dict[str, str]) -> BadRequest:
    return _get(title, "/candles", status, code, names, query={**BTC, **change})


TABLE = [
    _candles("unknown exchange", 422, "unknown_exchange", "kraken", {"exchange": "__class__"}),
    _candles("not a symbol", 422, "invalid_symbol", "BTC-USDT", {"symbol": "BTC"}),
    _candles("symbol that is not stored", 404, "series_not_found", "backfill", {"symbol": "DOGE/USDT"}),
    _candles("two names for the symbol", 422, "invalid_symbol", "coin", {"coin": "BTC-USDT"}),
    _candles("1M, a month", 422, "invalid_timeframe", "1m is a minute", {"timeframe": "1M"}),
    _candles("end before start", 422, "invalid_range", "end", {"start": "2023-05-02", "end": "2023-05-01"}),
    _candles("unix seconds", 422, "invalid_range", "1685577600000", {"start": "1685577600"}),
    _candles("not a date", 422, "invalid_range", "ISO-8601", {"start": "yesterday"}),
    _candles("2^63 as time", 422, "invalid_range", "1970 and 2100", {"start": str(2**63)}),
    _candles("limit 0", 422, "invalid_input", "limit", {"limit": "0"}),
    _candles("limit NaN", 422, "invalid_input", "limit", {"limit": "NaN"}),
    _candles("limit too high for JSON", 422, "invalid_parameter", ARROW, {"limit": "3001"}),
    _candles("unknown query parameter", 422, "invalid_input", "from", {"from": "2023-05-01"}),
    _candles("NUL byte in the query", 400, "invalid_request", "symbol", {"symbol": "BTC\x00USDT"}),
    _candles("invented cursor", 400, "invalid_cursor", "next_cursor", {"cursor": "bm90aGluZw"}),
    _candles("cursor of another query", 400, "invalid_cursor", "another query", {"cursor": issue({"series": "x"}, 1)}),
    _get("parameter sent twice", "/candles?limit=1&limit=2", 400, "invalid_request", "limit"),
    _get("NUL byte in the path", "/runs/run%00", 400, "invalid_request", "path"),
    _get("Accept of a browser", "/candles", 406, "not_acceptable", ARROW, query=BTC, headers={"Accept": "text/html"}),
    _get("no token", "/candles", 401, "unauthorized", "Bearer", query=BTC, scope="none"),
    _get("invented token", "/candles", 401, "unauthorized", "not valid", query=BTC, scope="invented"),
    _get("unknown route", "/candels", 404, "not_found", "/openapi.json"),
    _get("unknown run", f"/runs/run_{'0' * 32}", 404, "run_not_found", "POST /backtest/run"),
    _get("run id of another shape", "/runs/../../etc/passwd%2f", 404, "not_found", "/openapi.json"),
    _get("number as sweep id", f"/sweeps/{2**63}", 422, "invalid_input", "sweep_id"),
    BadRequest("wrong method", "DELETE", "/candles", 405, "method_not_allowed", "GET"),
    BadRequest("wrong scope", "POST", "/backtest/run", 403, "forbidden", "run", body=RUN, scope="read"),
    BadRequest(
        "query parameters on POST", "POST", "/backtest/run", 400, "use_json_body", "fast, slow", body={},
        query={"fast": "20", "slow": "50"},
    ),
    _run("unknown field", 422, "invalid_input", "fees", {"fees": 10}),
    BadRequest("missing field", "POST", "/backtest/run", 422, "invalid_input", "strategy", body=BTC),
    _run("unknown strategy", 422, "unknown_strategy", "dual_sma", {"strategy": "os.system"}),
    _run("parameter that is not there", 422, "invalid_parameter", "fast, slow", {"parameters": {"window": 5}}),
    _run("text for a number", 422, "invalid_parameter", "parameters.fast", {"parameters": {"fast": "20"}}),
    _run("fast above slow", 422, "invalid_parameter", "below slow", {"parameters": {"fast": 50, "slow": 20}}),
    _run("history too short", 422, "insufficient_data", "backfill_request", {"start": "2023-03-01"}),
    _run("nothing stored at all", 422, "insufficient_data", "none is stored", {"symbol": "DOGE/USDT"}),
    _run("as_of in the future", 422, "invalid_range", "future", {"as_of": "2099-01-01"}),
    BadRequest(
        "sweep too large", "POST", "/sweeps", 422, "invalid_parameter", "100,000",
        body={**BTC, "strategy": "dual_sma", "grid": dict.fromkeys(("fast", "slow"), THOUSAND)},
    ),
    BadRequest(
        "step of 0", "POST", "/sweeps", 422, "invalid_parameter", "grid.fast.step",
        body={**BTC, "strategy": "dual_sma", "grid": {"fast": {"start": 2, "stop": 10, "step": 0}}},
    ),
    _raw("NaN in the body", b'{"fee_bps": NaN}', 400, "invalid_json", "NaN"),
    _raw("1e999 in the body", b'{"fee_bps": 1e999}', 400, "invalid_json", "1e999"),
    _raw("2^63 in the body", json.dumps({"seed": 2**63}).encode(), 400, "invalid_json", "64 bits"),
    _raw("NUL byte in the body", b'{"symbol": "BTC\\u0000"}', 400, "invalid_json", "symbol"),
    _raw("half a surrogate pair", b'{"symbol": "\\ud800"}', 400, "invalid_json", "symbol"),
    _raw("key sent twice", b'{"symbol": "A", "symbol": "B"}', 400, "invalid_json", "symbol"),
    _raw("broken JSON", b'{"symbol": ', 400, "invalid_json", "column"),
    _raw("JSON, but a list", b"[]", 400, "invalid_json", "object"),
    _raw("100,000 open brackets", b"[" * 100_000, 400, "invalid_json", "nested"),
    _raw("not UTF-8", b'{"symbol": "\xff"}', 400, "invalid_json", "UTF-8"),
    _raw("10 MB body", b" " * 10_000_000, 413, "body_too_large", "262144"),
    _raw("form in place of JSON", b"symbol=BTC", 415, "unsupported_media_type", "application/json",
         headers={"Content-Type": "application/x-www-form-urlencoded"}),
    _raw("no body, no Content-Type", b"", 415, "unsupported_media_type", "application/json", headers={}),
    _raw("Idempotency-Key with a space", b"{}", 400, "invalid_request", "Idempotency-Key",
         headers={**JSON, "Idempotency-Key": "a b"}),
    BadRequest("Idempotency-Key with another body", "POST", "/ingestion/backfill", 409, "idempotency_conflict", "new",
               body={**BTC, "start": "2023-05-02"}, headers=KEY),
]  # fmt: skip


def send(world: ApiWorld, row: BadRequest) -> Response:
    """Send one row's request; the row about a reused key needs its first use."""
    if row.headers is KEY:
        world.client.post("/ingestion/backfill", json=BTC, headers={**world.headers(), **KEY})
    known = {**world.tokens, "invented": "cc_" + "A" * 43}
    token = {} if row.scope == "none" else {"Authorization": f"Bearer {known[row.scope]}"}
    content = (
        {"content": row.body} if isinstance(row.body, bytes) else {"json": row.body} if row.body is not None else {}
    )
    return world.client.request(row.method, row.url, params=row.query, headers={**token, **row.headers}, **content)
