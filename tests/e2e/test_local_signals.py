"""Own signals through the whole platform: gateway, functions, store, state machine."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from candlecloud.features.bars import bars_from_table
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.runs.inputs import RUN_COLUMNS
from candlecloud.strategies.builtin import STRATEGIES
from candlecloud.strategies.signals.read_file import PARQUET
from candlecloud.strategies.signals.spec import NOT_TESTABLE
from infra.local.platform import LocalPlatform

HOUR = 3_600_000
SERIES = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
PARAMETERS = {"fast": 4, "slow": 9}


def targets(platform: LocalPlatform, end: int) -> bytes:
    """What dual_sma wants after each stored candle, as a Parquet file."""
    span = TimeRange(end - 500 * HOUR, end)
    bars = bars_from_table(platform.stores.candles.read(Series.of(*SERIES.values()), span, RUN_COLUMNS))
    sink = io.BytesIO()
    target = STRATEGIES["dual_sma"].target(bars, PARAMETERS)
    pq.write_table(pa.table({"open_time": bars.open_time, "target": target}), sink)
    return sink.getvalue()


def test_a_file_through_the_gateway_gives_the_run_and_the_sweep_of_its_targets() -> None:
    with LocalPlatform() as platform:
        end = platform.exchange.now() // HOUR * HOUR
        platform.invoke("ingest_candles", {**SERIES, "start": end - 500 * HOUR, "end": end})
        body = targets(platform, end)
        sent = platform.api.send("PUT", "/signals/files", query=SERIES, body=body, headers={"Content-Type": PARQUET})
        kept = sent.json()
        assert sent.status == 200, kept
        assert sent.headers["location"].endswith(f"/signals/files/{kept['signals_id']}")
        asked = {**SERIES, "content_type": PARQUET, "sha256": "ab" * 32, "bytes": len(body)}
        refused = platform.api.send("POST", "/signals/files", body=asked)
        assert (refused.status, "PUT /signals/files" in refused.json()["hint"]) == (409, True)
        assert (kept["rows"], kept["missing_rows"]) == (500, 0)
        shared = {**SERIES, "start": end - 400 * HOUR, "direction": "both"}
        ours = result(platform, {**shared, "strategy": "signals", "signals": kept["signals_id"]})
        theirs = result(platform, {**shared, "strategy": "dual_sma", "parameters": PARAMETERS})
        assert ours["trades"] == theirs["trades"]
        assert ours["curves"] == theirs["curves"]
        assert ours["look_ahead_test"]["untested"] == NOT_TESTABLE
        sweep = {**shared, "strategy": "signals", "signals": kept["signals_id"], "grid": {"set": [0]}}
        accepted = platform.api.post("/sweeps", sweep).json()
        ends = frozenset({"succeeded", "failed"})
        *_, swept = platform.api.wait(f"/sweeps/{accepted['sweep_id']}", ends, timeout_s=60)
        assert (swept["state"], swept["missing"]) == ("succeeded", [])
        [row] = platform.api.get(f"/sweeps/{accepted['sweep_id']}/results")["rows"]
        assert row["metrics"].items() <= ours["metrics"].items()
        assert platform.functions.failed_events == []


def result(platform: LocalPlatform, body: dict[str, Any]) -> dict[str, Any]:
    done = platform.api.post("/backtest/run", body).json()
    assert done["state"] == "succeeded", done
    found: dict[str, Any] = platform.api.get(f"/runs/{done['run_id']}/result")
    return found
