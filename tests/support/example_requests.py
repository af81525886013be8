"""The calls that the documentation shows; `python -m tests.evidence.record_examples` makes them."""

from __future__ import annotations

from typing import Any

BTC = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
WHOLE = {**BTC, "strategy": "dual_sma", "parameters": {"fast": 20, "slow": 50}}
EVENING = {**BTC, "strategy": "buy_and_hold", "start": "2023-05-31T20:00:00Z", "end": "2023-06-01T00:00:00Z"}
GRID = {**BTC, "strategy": "dual_sma", "grid": {"fast": [10, 20], "slow": {"start": 20, "stop": 60, "step": 20}}}
ID = {"X-Request-Id": "example-request"}
NO_RUN, NO_SWEEP = "run_" + "0" * 32, "sweep_" + "0" * 32


def _get(name: str, route: str, summary: str, status: int = 200, /, **request: Any) -> dict[str, Any]:
    return _call(name, "get", route, summary, status, request)


def _post(name: str, route: str, summary: str, status: int, body: dict[str, Any], /, **request: Any) -> dict[str, Any]:
    return _call(name, "post", route, summary, status, request | {"body": body})


def _call(name: str, method: str, route: str, summary: str, status: int, request: dict[str, Any]) -> dict[str, Any]:
    scope = request.pop("scope", "admin")
    if status >= 400:
        request["header"] = request.get("header", {}) | ID
    call = {"name": name, "method": method, "path": route, "summary": summary, "request": request, "status": status}
    return call if scope == "admin" else call | {"scope": scope}


# A value such as "$dual_sma.run_id" is that field of an earlier answer.
CALLS = [
    _get("live", "/live", "The process answers", scope="none"),
    _get("ready", "/ready", "The stores answer", scope="none"),
    _get("one_late", "/health", "One job on time, one late"),
    _get("first_page", "/candles", "Two hours of BTC", query={**BTC, "start": "2023-03-24T11:00:00Z", "limit": "2"}),
    _get(
        "second_page", "/candles", "The page after it: Binance halted in the hour from 13:00",
        query={**BTC, "start": "2023-03-24T11:00:00Z", "limit": "2", "cursor": "$first_page.next_cursor"},
    ),
    _get(
        "as_it_was", "/candles", "A candle as it was known before it was restated",
        query={**BTC, "start": "1685574000000", "as_of": "2023-06-01T00:00:30Z"},
    ),
    _get("not_a_timeframe", "/candles", "1M is not a minute", 422, query={**BTC, "timeframe": "1M"}),
    _get("nothing_stored", "/candles", "A series that is not stored", 404, query={**BTC, "symbol": "DOGE/USDT"}),
    _get(
        "other_cursor", "/candles", "A cursor of another query", 400,
        query={**BTC, "cursor": "$first_page.next_cursor"},
    ),
    _get("no_token", "/candles", "Without a token", 401, query=BTC, scope="none"),
    _get("stored", "/series", "Everything that is stored"),
    _get("outage", "/gaps", "The gaps of one series: an outage of the exchange", query=BTC),
    _get("half_a_series", "/gaps", "A series named by halves", 422, query={"exchange": "binance"}),
    _post("dual_sma", "/backtest/run", "Two moving averages on everything that is stored", 200, WHOLE),
    _post("evening", "/backtest/run", "Four hours of holding", 200, EVENING),
    _post(
        "still_running", "/backtest/run", "A run that takes longer than the API waits", 202,
        {**WHOLE, "parameters": {"fast": 12, "slow": 26}, "direction": "both"},
    ),
    _post(
        "too_early", "/backtest/run", "History that does not reach back far enough", 422,
        {**WHOLE, "start": "2023-03-02"},
    ),
    _post(
        "fast_above_slow", "/backtest/run", "Parameters that do not go together", 422,
        {**WHOLE, "parameters": {"fast": 50, "slow": 20}},
    ),
    _post("read_only", "/backtest/run", "A token without the scope", 403, WHOLE, scope="read"),
    _post("no_waiting", "/runs", "A run that one looks at later", 202, {**EVENING, "fee_bps": 5}),
    _get("dual_sma_again", "/runs/{run_id}", "A run that has succeeded", path={"run_id": "$dual_sma.run_id"}),
    _get("no_run", "/runs/{run_id}", "A run that nobody asked for", 404, path={"run_id": NO_RUN}),
    _get("evening_result", "/runs/{run_id}/result", "The whole result", path={"run_id": "$evening.run_id"}),
    _get(
        "no_result_yet", "/runs/{run_id}/result", "A run that has not ended", 409,
        path={"run_id": "$still_running.run_id"},
    ),
    _post("grid", "/sweeps", "Six combinations, one of which does not go together", 202, GRID),
    _post("no_grid", "/sweeps", "A grid without values", 422, {**GRID, "grid": {"fast": []}}),
    _get("grid_done", "/sweeps/{sweep_id}", "A sweep that has succeeded", path={"sweep_id": "$grid.sweep_id"}),
    _get("no_sweep", "/sweeps/{sweep_id}", "A sweep that nobody asked for", 404, path={"sweep_id": NO_SWEEP}),
    _get(
        "best_two", "/sweeps/{sweep_id}/results", "The two with the smallest drawdown",
        path={"sweep_id": "$grid.sweep_id"}, query={"sort": "max_drawdown", "order": "asc", "limit": "2"},
    ),
    _post(
        "two_days", "/ingestion/backfill", "Two days of ETH", 202,
        {"exchange": "binance", "coin": "ETH/USDT", "timeframe": "60m", "start": 1682726400000, "end": "2023-05-01"},
        header={"Idempotency-Key": "two-days-of-eth"},
    ),
    _post(
        "upside_down", "/ingestion/backfill", "A range that ends before it starts", 422,
        {**BTC, "start": "2023-05-01", "end": "2023-04-01"},
    ),
]  # fmt: skip
