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
PERPETUAL = {"symbol": "BTC/USDT:USDT"}
DIP = {
    "features": {"bands": {"feature": "bollinger"}},
    "long": {"entry": {"lt": ["close", "bands.lower"]}, "exit": {"ge": ["close", "bands.middle"]}},
}
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


def _preview(title: str, status: int, code: str, names: str, change: dict[str, str]) -> BadRequest:
    return _get(title, "/features/preview", status, code, names, query={**BTC, "feature": "ema", **change})


def _signal(title: str, status: int, code: str, names: str, change: dict[str, str]) -> BadRequest:
    return _get(title, "/signals", status, code, names, query={**BTC, "strategy": "dual_sma", **change})


def _rules(title: str, names: str, change: dict[str, Any]) -> BadRequest:
    body = {**BTC, "strategy": "rules", "rules": {**DIP, **change}}
    return BadRequest(title, "POST", "/backtest/run", 422, "invalid_parameter", names, body=body)


def _nested(depth: int) -> Any:
    """A condition in so many negations."""
    condition: Any = {"gt": ["close", 1]}
    for _ in range(depth):
        condition = {"not": condition}
    return condition


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
    _run("sizing model that is not there", 422, "invalid_parameter", "volatility_target",
         {"sizing": {"model": "kelly"}}),
    _run("fraction of equity above 1", 422, "invalid_parameter", "sizing.fraction",
         {"sizing": {"model": "fixed_fraction", "fraction": 2}}),
    _run("Kelly of more bars than its window", 422, "invalid_parameter", "minimum_bars",
         {"sizing": {"model": "kelly_fraction", "window": 10, "minimum_bars": 20}}),
    _run("sizing without a model", 422, "invalid_input", "sizing.model", {"sizing": {"fraction": 0.5}}),
    _run("slippage model that is not there", 422, "invalid_parameter", "did you mean spread",
         {"slippage": {"model": "spreads"}}),
    _run("spread in percent", 422, "invalid_parameter", "spread_pct was in percent",
         {"slippage": {"model": "spread_pct", "spread_pct": 0.04}}),
    _run("half of the odds for Kelly", 422, "invalid_parameter", "sizing.payoff_ratio",
         {"sizing": {"model": "kelly_fraction", "win_probability": 0.6}}),
    _run("a parameter by two names", 422, "invalid_parameter", "say the same thing twice",
         {"sizing": {"model": "volatility_target", "window": 24, "lookback": 24}}),
    _run("parameter of another slippage model", 422, "invalid_parameter", "slippage.impact_bps",
         {"slippage": {"model": "fixed_bps", "impact_bps": 5}}),
    _run("slippage said twice", 422, "invalid_parameter", "leave one out",
         {"slippage": {"model": "fixed_bps"}, "slippage_bps": 2}),
    _run("stop of 100 %", 422, "invalid_input", "stops.stop_loss", {"stops": {"stop_loss": 1}}),
    _run("stop in percent as text", 422, "invalid_input", "stops.take_profit", {"stops": {"take_profit": "5%"}}),
    _run("stop that is not there", 422, "invalid_input", "stops.break_even", {"stops": {"break_even": 0.01}}),
    _run("drawdown limit without a depth", 422, "invalid_input", "max_drawdown",
         {"drawdown_limit": {"cooldown_bars": 5}}),
    _run("rebalance band below 0", 422, "invalid_input", "rebalance_band", {"rebalance_band": -0.1}),
    _run("lot step of 0", 422, "invalid_input", "market_rules.lot_step", {"market_rules": {"lot_step": 0}}),
    _run("funding on spot", 422, "invalid_parameter", "perpetuals only", {"funding": {"model": "ignored"}}),
    _run("perpetual without funding", 422, "invalid_parameter", "fixed_rate", PERPETUAL),
    _run("funding of 20 % every 8 hours", 422, "invalid_input", "rate_per_8h",
         {**PERPETUAL, "funding": {"model": "fixed_rate", "rate_per_8h": 0.2}}),
    _run("funding schedule without rates", 422, "invalid_parameter", "funding.rates",
         {**PERPETUAL, "funding": {"model": "schedule"}}),
    _run("funding rates out of order", 422, "invalid_parameter", "funding.rates.1.0",
         {**PERPETUAL, "funding": {"model": "schedule", "rates": [["2023-05-02", 0.1], ["2023-05-01", 0.1]]}}),
    _run("rates beside a fixed rate", 422, "invalid_parameter", "funding.rates",
         {**PERPETUAL, "funding": {"model": "fixed_rate", "rates": [["2023-05-01", 0.0001]]}}),
    _run("finer timeframe without a stop", 422, "invalid_parameter", "leave finer_timeframe out",
         {"finer_timeframe": "1m"}),
    _run("stops as a list", 422, "invalid_input", "stops", {"stops": []}),
    _run("look-ahead test as text", 422, "invalid_input", "look_ahead_test", {"look_ahead_test": "off"}),
    _run("finer timeframe that is coarser", 422, "invalid_parameter", "auto or none", {"finer_timeframe": "1d"}),
    _run("direction that is not there", 422, "invalid_input", "direction", {"direction": "flat"}),
    _run("direction in which it never trades", 422, "invalid_parameter", 'Set direction to \\"long\\"',
         {"strategy": "buy_and_hold", "parameters": {}, "direction": "short"}),
    _run("rules beside a named strategy", 422, "invalid_parameter", "rules", {"rules": DIP}),
    BadRequest("rules that are missing", "POST", "/backtest/run", 422, "invalid_parameter", "GET /strategies",
               body={**BTC, "strategy": "rules"}),
    _rules("rules with a series that is not there", "rules/long/entry/gt/0", {"long": {"entry": {"gt": ["bnds", 1]}}}),
    _rules("rules with an unknown operator", "rules/long/entry", {"long": {"entry": {"above": ["close", 1]}}}),
    _rules("rules with an unknown feature", "rules/features/x", {"features": {"x": {"feature": "sna"}}}),
    _rules("rules with a window of 0", "rules/features/x",
           {"features": {"x": {"feature": "sma", "parameters": {"window": 0}}}}),
    _rules("rules on a finer timeframe", "timeframe",
           {"features": {"bands": {"feature": "bollinger", "timeframe": "1m"}}}),
    _rules("rules nested 20 deep", "rules/long/entry", {"long": {"entry": _nested(20)}}),
    _rules("rules of ten thousand conditions", "rules/long/entry",
           {"long": {"entry": {"all": [{"gt": ["close", n]} for n in range(8_000)]}}}),
    _rules("rules without a side", "long", {"long": None}),
    BadRequest("rules nested 60 deep", "POST", "/backtest/run", 400, "invalid_json", "48 levels",
               body={**BTC, "strategy": "rules", "rules": {"long": {"entry": _nested(60)}}}),
    BadRequest("rules that are a list", "POST", "/signals", 422, "invalid_input", "rules",
               body={**BTC, "rules": [DIP]}),
    _preview("unknown feature", 422, "unknown_feature", "rsi", {"feature": "eval"}),
    _preview("parameter of another feature", 422, "invalid_parameter", "parameters of ema: window", {"fast": "5"}),
    _preview("window of 0", 422, "invalid_parameter", "window", {"window": "0"}),
    _preview("window that is no number", 422, "invalid_parameter", "whole number", {"window": "1e999"}),
    _preview("windows that do not go together", 422, "invalid_parameter", "below slow",
             {"feature": "macd", "fast": "30", "slow": "20"}),
    _preview("higher timeframe that is lower", 422, "invalid_timeframe", "multiple", {"higher_timeframe": "5m"}),
    _preview("window beyond what a preview reads", 422, "invalid_parameter", "200,000",
             {"window": "10000", "higher_timeframe": "1d"}),
    _preview("preview of the future", 422, "invalid_range", "future", {"as_of": "2099-01-01"}),
    _preview("preview of what is not stored", 404, "series_not_found", "backfill", {"symbol": "DOGE/USDT"}),
    _get("indicator that is not there", "/indicators", 422, "unknown_feature", "rsi",
         query={**BTC, "names": "rsi,,atr"}),
    _get("kind that is not there", "/features", 422, "invalid_input", "kind", query={"kind": "strategy"}),
    _signal("signals of an unknown strategy", 422, "unknown_strategy", "did you mean dual_sma",
            {"strategy": "dual_sna"}),
    _signal("signals of a side that is not there", 422, "invalid_parameter", "never trade",
            {"strategy": "buy_and_hold", "direction": "short"}),
    _signal("signals of rules in a query", 422, "invalid_parameter", "POST /signals", {"strategy": "rules"}),
    _signal("parameter of another strategy", 422, "invalid_parameter", "fast, slow", {"window": "5"}),
    _signal("signals of 2^63 changes", 422, "invalid_input", "limit", {"limit": str(2**63)}),
    _get("report of an unknown run", f"/runs/run_{'0' * 32}/report", 404, "run_not_found", "POST /backtest/run"),
    _get("report as JSON", f"/runs/run_{'0' * 32}/report", 406, "not_acceptable", "text/html",
         headers={"Accept": "application/json"}),
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
