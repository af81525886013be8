"""The replay clock, and that nothing of the future is ever served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from infra.local.replay import ReplayExchange
from infra.local.replay.clock import ReplayClock, format_time, parse_time
from infra.local.replay.recorded import DEFAULT_FOLDER, STEP_MS
from tests.support.replay import connect

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
PATHS = {
    "binance": [
        (path, {"symbol": symbol, "interval": interval})
        for path, symbol in (
            ("/api/v3/klines", "BTCUSDT"),
            ("/api/v3/klines", "ETHUSDT"),
            ("/fapi/v1/klines", "NEARUSDT"),
        )
        for interval in ("1m", "3m", "5m", "15m", "30m", "1h", "4h", "1d")
    ],
    "kraken": [("/0/public/OHLC", {"pair": "XBTUSD", "interval": minutes}) for minutes in ("60", "240", "1440")],
    "kucoin": [
        ("/api/v1/market/candles", {"symbol": symbol, "type": kind})
        for symbol in ("BTC-USDT", "ETH-USDT")
        for kind in ("1hour", "4hour", "1day")
    ],
}


def answers(market: ReplayExchange) -> dict[str, bytes]:
    """Return the body of every candle path at the market's clock."""
    found = {}
    for venue, paths in PATHS.items():
        for path, params in paths:
            response = market.respond(venue, path, params)
            assert not isinstance(response, float)
            found[f"{venue} {path} {params}"] = response.body
    return found


def without_future(table: pa.Table, step: int, now: int) -> pa.Table:
    """Drop the candles opened after now, and spoil all that is not known yet of the one that is running."""
    table = table.filter(pc.less_equal(table["open_time"], now))
    running = pc.greater(pc.add(table["open_time"], step), now)
    for name in set(table.column_names) - {"open_time", "close_time", "open"}:
        kind = table.schema.field(name).type
        spoiled = pc.cast(pc.multiply(pc.cast(table[name], pa.float64()), 3), kind, safe=False)
        at = table.column_names.index(name)
        table = table.set_column(at, name, pc.if_else(running, spoiled, table[name]))
    return table


def write_past(folder: Path, now: int) -> None:
    """Write the recordings as they would have been at ``now``, the running candles spoiled."""
    entries = json.loads((DEFAULT_FOLDER / "manifest.json").read_text())
    for entry in entries:
        if entry["kind"] == "body":
            (folder / entry["file"]).write_bytes((DEFAULT_FOLDER / entry["file"]).read_bytes())
    candles = [entry for entry in entries if entry["kind"] == "candles" and entry["first_open_time"] <= now]
    for entry in candles:
        table = pq.read_table(DEFAULT_FOLDER / entry["file"])
        table = without_future(table, STEP_MS[entry["timeframe"]], now)
        pq.write_table(table, folder / entry["file"], store_decimal_as_integer=True, use_dictionary=False)
    kept = [entry for entry in entries if entry["kind"] == "body" or entry in candles]
    (folder / "manifest.json").write_text(json.dumps(kept))


@pytest.mark.parametrize(
    "clock",
    [
        "2025-08-18T10:37:20Z",  # minutes are recorded: running hours and days add up from them
        "2025-08-18T11:00:00Z",  # the very ms at which a candle closes and the next opens
        "2025-08-18T10:59:59.999Z",
        "2024-12-31T23:59:30Z",  # only hours are recorded: running candles are flat
        "2018-01-12T20:30:00Z",  # inside Kraken's outage
        "2023-08-15T12:34:56Z",  # USD-M minutes
    ],
)
def test_answers_do_not_depend_on_the_future(market: ReplayExchange, tmp_path: Path, clock: str) -> None:
    """The same bytes come from recordings that end now and whose running candles hold other values."""
    now = parse_time(clock)
    write_past(tmp_path, now)
    market.set_clock(now)
    past = ReplayExchange(now, folder=tmp_path)
    assert answers(past) == answers(market)


def test_running_hour_adds_up_from_its_minutes(market: ReplayExchange) -> None:
    binance = connect("binance", market)
    start = parse_time("2025-08-18T17:00:00Z")
    minutes = binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1m", "startTime": start, "limit": 60})
    for done in range(60):
        market.set_clock(start + done * MINUTE + 30_000)
        hour = binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1h", "limit": 1})[0]
        known = [[float(row[index]) for index in (2, 3, 5)] for row in minutes[:done]]
        opened = float(minutes[done][1])  # the running minute shows its open only
        assert (hour[0], hour[6], hour[1]) == (start, start + HOUR - 1, minutes[0][1])
        assert float(hour[2]) == max([row[0] for row in known] + [opened])
        assert float(hour[3]) == min([row[1] for row in known] + [opened])
        assert float(hour[4]) == opened
        assert float(hour[5]) == pytest.approx(sum(row[2] for row in known), abs=1e-9)
        assert hour[7:9] == [None, None]  # minutes do not say; a sum of unknowns is unknown
    market.set_clock(start + HOUR)
    closed = binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1h", "startTime": start, "limit": 1})[0]
    assert float(closed[7]) > 0
    assert closed[8] > 0


def test_a_running_candle_without_finer_recordings_is_flat(market: ReplayExchange) -> None:
    kucoin = connect("kucoin", market)
    market.set_clock("2024-09-01T10:59:59Z")
    row = kucoin.fetch_ohlcv("BTC/USDT", "1h", market.now() - HOUR, 2)[-1]
    assert row[0] == parse_time("2024-09-01T10:00:00Z")
    assert row[1] == row[2] == row[3] == row[4]
    assert row[5] == 0


def test_nothing_runs_inside_an_outage(market: ReplayExchange) -> None:
    binance = connect("binance", market)
    market.set_clock("2023-03-24T13:30:00Z")
    rows = binance.publicGetKlines({"symbol": "BTCUSDT", "interval": "1h", "limit": 2})
    assert [format_time(row[0]) for row in rows] == ["2023-03-24T11:00:00.000Z", "2023-03-24T12:00:00.000Z"]


def test_a_candle_covered_in_part_is_never_final(market: ReplayExchange) -> None:
    """The minutes end at 18:27; the quarter of 18:15 may be seen running, never closed."""
    binance = connect("binance", market)
    request = {"symbol": "BTCUSDT", "interval": "15m", "limit": 1}
    market.set_clock("2025-08-18T18:20:00Z")
    assert format_time(binance.publicGetKlines(request)[0][0]) == "2025-08-18T18:15:00.000Z"
    market.set_clock("2025-08-18T18:30:00Z")
    assert format_time(binance.publicGetKlines(request)[0][0]) == "2025-08-18T18:00:00.000Z"


def test_clock_runs_at_its_rate_and_can_be_moved() -> None:
    clock = ReplayClock(1_000_000)
    assert clock.now() == clock.now() == 1_000_000
    assert clock.advance(5_000) == 1_005_000
    clock.set(rate=3_600_000.0)  # an hour of recorded time per real ms
    first = clock.now()
    while clock.now() == first:
        pass
    assert clock.now() > first
    clock.set(2_000_000, rate=0.0)
    assert clock.now() == 2_000_000
    with pytest.raises(ValueError, match="rate must be 0"):
        clock.set(rate=-1.0)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2025-08-18T18:20:00Z", 1_755_541_200_000),
        ("2025-08-18T20:20:00+02:00", 1_755_541_200_000),
        ("2025-08-18T18:20:00", 1_755_541_200_000),
        ("1755541200000", 1_755_541_200_000),
        (1_755_541_200_000, 1_755_541_200_000),
    ],
)
def test_times_are_read_in_both_forms(text: Any, ms: int) -> None:
    assert parse_time(text) == ms
    assert format_time(ms) == "2025-08-18T18:20:00.000Z"


def test_a_bad_time_says_what_to_give() -> None:
    with pytest.raises(ValueError, match="give ms UTC or ISO-8601"):
        parse_time("yesterday")
