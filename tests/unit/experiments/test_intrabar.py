"""Stop and target in one bar: intrabar data decides, else the stop, and the band says what hangs on it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa

from candlecloud.contract.run import RunConfig
from candlecloud.experiments.run import evaluate_run
from candlecloud.market.rows import times_ms
from candlecloud.runs.data_requirements import needed_range
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RUN_COLUMNS, RunInputs
from tests.support.recorded import btc_hours, btc_minutes

TIGHT: dict[str, Any] = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "strategy": "ema_cross",
    "parameters": {"fast": 3, "slow": 8},
    "direction": "both",
    "start": "2025-06-01",
    "end": "2025-08-01",
    "stops": {"stop_loss": 0.003, "take_profit": 0.003},
}


def rows_of(table: pa.Table, start: int, end: int) -> pa.Table:
    times = np.array(times_ms(table))
    return table.filter(pa.array((times >= start) & (times < end))).select(RUN_COLUMNS)


def evaluated(finer_timeframe: str, **fields: Any) -> dict[str, Any]:
    config = RunConfig.from_dict(TIGHT | fields | {"finer_timeframe": finer_timeframe})
    needed, span = needed_range(config.range, config.warmup_bars, config.series), config.range
    finer = rows_of(btc_minutes(), span.start, span.end) if finer_timeframe == "1m" else None
    inputs = RunInputs(rows_of(btc_hours(), needed.start, needed.end), finer)
    document: dict[str, Any] = json.loads(evaluate_run(Identity(config, inputs.revision(), "code"), inputs).content)
    return document


def test_minutes_decide_what_hours_cannot() -> None:
    by_hours, by_minutes = evaluated("none"), evaluated("1m")
    assert by_hours["intrabar"]["ambiguous_exits"] > by_minutes["intrabar"]["ambiguous_exits"]
    assert by_hours["intrabar"]["finer_timeframe"] is None
    assert by_minutes["intrabar"]["finer_timeframe"] == "1m"
    assert by_hours["data_revision"] != by_minutes["data_revision"]  # the minutes are part of what the run saw
    low, high = (by_hours["intrabar"][side]["final_equity"] for side in ("pessimistic", "optimistic"))
    assert low == by_hours["metrics"]["final_equity"]
    assert low < by_minutes["metrics"]["final_equity"] < high  # the truth lies inside the band


def test_a_band_without_doubt_has_no_width() -> None:
    document = evaluated("none", stops={"stop_loss": 0.2, "take_profit": 0.2})
    assert document["intrabar"]["ambiguous_exits"] == 0
    assert document["intrabar"]["pessimistic"] == document["intrabar"]["optimistic"]
    assert evaluated("none", stops={"stop_loss": 0.003})["intrabar"]["optimistic"] is None


def test_exits_are_named_and_priced_at_their_levels() -> None:
    document = evaluated("none", slippage_bps=0)
    reasons = {trade["exit_reason"] for trade in document["trades"]}
    assert {"stop_loss", "take_profit"} <= reasons
    for trade in document["trades"]:
        sign = 1 if trade["direction"] == "long" else -1
        moved = sign * (trade["exit_price"] / trade["entry_price"] - 1)
        if trade["exit_reason"] == "take_profit":
            assert moved >= 0.003 - 1e-12  # a gap may give more, never less
        if trade["exit_reason"] == "stop_loss":
            assert moved <= -0.003 + 1e-12  # a gap may cost more, never less
        assert trade["mae"] >= 0
        assert trade["mfe"] >= 0
