"""The calls that the documentation shows; `python -m tests.evidence.record_examples` makes them."""

from __future__ import annotations

import hashlib
from typing import Any

BTC = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
WHOLE = {**BTC, "strategy": "dual_sma", "parameters": {"fast": 20, "slow": 50}}
EVENING = {**BTC, "strategy": "buy_and_hold", "start": "2023-05-31T20:00:00Z", "end": "2023-06-01T00:00:00Z"}
GRID = {**BTC, "strategy": "dual_sma", "grid": {"fast": [10, 20], "slow": {"start": 20, "stop": 60, "step": 20}}}
TRADED = {
    **WHOLE, "direction": "both", "maker_fee_bps": 2.0,
    "slippage": {"model": "participation_rate", "bps": 1.0, "impact_bps": 100.0, "max_participation": 0.05},
    "sizing": {"model": "volatility_target", "annual_volatility": 0.3, "window": 168},
    "stops": {"stop_loss": 0.02, "take_profit": 0.04, "trailing_stop": 0.03, "max_bars": 240},
    "drawdown_limit": {"max_drawdown": 0.2, "cooldown_bars": 48}, "rebalance_band": 0.1,
    "market_rules": {"tick_size": 0.01, "lot_step": 0.00001, "min_notional": 5.0}, "seed": 7,
    "start": "2023-05-20",
}  # fmt: skip
DIP = {
    "parameters": {"window": {"kind": "integer", "low": 10, "high": 200, "default": 20}},
    "features": {
        "bands": {"feature": "bollinger", "parameters": {"window": {"param": "window"}, "width": 2}},
        "day": {"feature": "sma", "parameters": {"window": 10}, "timeframe": "1d"},
    },
    "long": {
        "entry": {"all": [{"lt": ["close", "bands.lower"]}, {"gt": ["close", "day"]}]},
        "exit": {"ge": ["close", "bands.middle"]},
    },
}
TARGETS = """open_time,target
2023-05-31T19:00:00Z,1
2023-05-31T21:00:00Z,0.5
2023-05-31T22:00:00Z,0
"""
OWN = {
    **BTC, "strategy": "signals", "signals": "$targets.signals_id", "signals_fill": "hold",
    "start": "2023-05-31T20:00:00Z", "end": "2023-06-01T00:00:00Z",
}  # fmt: skip
ID = {"X-Request-Id": "example-request"}
NO_RUN, NO_SWEEP, NO_SIGNALS = ("{}_{}".format(kind, "0" * 32) for kind in ("run", "sweep", "signals"))


def _get(name: str, route: str, summary: str, status: int = 200, /, **request: Any) -> dict[str, Any]:
    return _call(name, "get", route, summary, status, request)


def _post(name: str, route: str, summary: str, status: int, body: dict[str, Any], /, **request: Any) -> dict[str, Any]:
    return _call(name, "post", route, summary, status, request | {"body": body})


def _put(name: str, route: str, summary: str, status: int, body: str, /, **request: Any) -> dict[str, Any]:
    return _call(name, "put", route, summary, status, request | {"body": body, "media": "text/csv"})


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
    _get("regimes", "/features", "The labels", query={"kind": "label"}),
    _get("ema_of_the_day", "/features/preview", "The last two hours, on bars of a day",
         query={**BTC, "feature": "ema", "window": "20", "higher_timeframe": "1d", "limit": "2"}),
    _get("warming_up", "/features/preview", "The first stored hours: too short a history is null, not an error",
         query={**BTC, "feature": "macd", "fast": "2", "slow": "3", "signal": "2", "start": "2023-03-01",
                "limit": "4"}),
    _get("not_its_parameter", "/features/preview", "A parameter that the feature does not have", 422,
         query={**BTC, "feature": "rsi", "fast": "20"}),
    _get("newest", "/indicators", "Three of them", query={**BTC, "names": "rsi,macd,trend_regime"}),
    _get("what_there_is", "/strategies", "Everything that a run can be made of"),
    _get("short_now", "/signals", "Short for a day, with the two changes before",
         query={**BTC, "strategy": "dual_sma", "fast": "20", "slow": "50", "direction": "both", "limit": "2"}),
    _get("no_such_strategy", "/signals", "A strategy that is not there", 422, query={**BTC, "strategy": "dual_smart"}),
    _post("dip_now", "/signals", "Your own rules", 200,
          {**BTC, "rules": DIP, "parameters": {"window": 30}, "limit": 1}),
    _post("dual_sma", "/backtest/run", "Two moving averages on everything that is stored", 200, WHOLE),
    _post("evening", "/backtest/run", "Four hours of holding", 200, EVENING),
    _post("every_switch", "/backtest/run", "Sizes, costs, stops and market rules", 200, TRADED),
    _post("dip", "/backtest/run", "Your own rules", 200,
          {**BTC, "strategy": "rules", "rules": DIP, "parameters": {"window": 30}}),
    _put("targets", "/signals/files", "Three rows, as CSV", 200, TARGETS, query=BTC),
    _put("target_in_percent", "/signals/files", "A target in percent", 422, TARGETS.replace("0.5", "50"), query=BTC),
    _post("targets_by_hash", "/signals/files", "A file that has come already", 200,
          {**BTC, "sha256": hashlib.sha256(TARGETS.encode()).hexdigest(), "bytes": len(TARGETS)}),
    _get("targets_again", "/signals/files/{signals_id}", "What a file holds",
         path={"signals_id": "$targets.signals_id"}),
    _get("no_targets", "/signals/files/{signals_id}", "A file that nobody brought", 404,
         path={"signals_id": NO_SIGNALS}),
    _post("own_targets", "/backtest/run", "Target positions of your own", 200, OWN),
    _post("own_targets_with_holes", "/backtest/run", "A candle without a row, and no word what that means", 422,
          {**OWN, "signals_fill": None}),
    _post("no_funding", "/backtest/run", "A perpetual without a word about funding", 422,
          {**WHOLE, "symbol": "BTC/USDT:USDT"}),
    _post("rules_with_a_slip", "/backtest/run", "Rules that name a series that is not there", 422,
          {**BTC, "strategy": "rules", "rules": {**DIP, "long": {"entry": {"lt": ["close", "band.lower"]}}}}),
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
    _get("evening_report", "/runs/{run_id}/report", "How the page begins", path={"run_id": "$evening.run_id"}),
    _get("no_report_yet", "/runs/{run_id}/report", "A run that has not ended", 409,
         path={"run_id": "$still_running.run_id"}),
    _get(
        "no_result_yet", "/runs/{run_id}/result", "A run that has not ended", 409,
        path={"run_id": "$still_running.run_id"},
    ),
    _post("grid", "/sweeps", "Six combinations, one of which does not go together", 202, GRID),
    _post("dip_grid", "/sweeps", "The parameter of your own rules, varied", 202,
          {**BTC, "strategy": "rules", "rules": DIP, "grid": {"window": [20, 30, 40]}}),
    _post(
        "settings_grid", "/sweeps", "Stops, direction and fees, varied beside a parameter", 202,
        {**BTC, "strategy": "dual_sma", "start": "2023-05-01", "end": "2023-05-15", "grid": {
            "fast": [5, 10], "direction": ["long", "both"], "fee_bps": [5, 10], "stops.stop_loss": [None, 0.01]}},
    ),
    _get(
        "best_setting", "/sweeps/{sweep_id}/results", "The best of them, with its settings",
        path={"sweep_id": "$settings_grid.sweep_id"}, query={"sort": "total_return", "limit": "1"},
    ),
    _post("stop_los", "/sweeps", "A setting that there is not", 422, {**GRID, "grid": {"stops.stop_los": [0.01]}}),
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
