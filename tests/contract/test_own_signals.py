"""PUT and POST /signals/files, and runs and sweeps of what they brought."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from candlecloud.api.file_body import MAX_FILE_BYTES
from candlecloud.contract.run import RunConfig
from candlecloud.experiments.run import evaluate_run
from candlecloud.features.bars import bars_from_table
from candlecloud.jobs.run_inputs import read_inputs
from candlecloud.market.instant import iso, read_instant
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RUN_COLUMNS
from candlecloud.strategies.builtin import STRATEGIES
from candlecloud.strategies.signals.read_file import ARROW_FILE, ARROW_STREAM, CSV, PARQUET
from candlecloud.strategies.signals.spec import NOT_TESTABLE
from tests.golden.reference import Bar, Rules, replay
from tests.support.api_world import BTC, OUTAGE, SPAN, ApiWorld

SERIES = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
HOUR = 3_600_000
START = read_instant("2023-04-01")
RUN = {**SERIES, "strategy": "signals", "start": iso(START), "direction": "both"}
COSTS = {"fee_bps": 7.0, "slippage_bps": 3.0, "flatten_at_end": True}


def targets_of(world: ApiWorld, strategy: str = "dual_sma", **parameters: int) -> tuple[list[int], list[float]]:
    """Open times of all stored candles, and what a strategy of ours wants after each."""
    bars = bars_from_table(world.stores.candles.read(BTC, SPAN, RUN_COLUMNS))
    found = STRATEGIES[strategy]
    target = found.target(bars, found.check_parameters(parameters))
    return bars.open_time.tolist(), target.tolist()


def csv_of(times: list[int], *columns: list[float], names: str = "open_time,target") -> bytes:
    lines = [",".join([iso(t), *map(repr, cells)]) for t, *cells in zip(times, *columns, strict=True)]
    return "\n".join([names, *lines, ""]).encode()


def put(world: ApiWorld, body: bytes, media: str = CSV, **query: str) -> Any:
    headers = world.headers("run") | {"Content-Type": media}
    return world.client.put("/signals/files", params={**SERIES, **query}, content=body, headers=headers)


def upload(world: ApiWorld, body: bytes, media: str = CSV) -> dict[str, Any]:
    answer = put(world, body, media)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def run(world: ApiWorld, body: dict[str, Any]) -> dict[str, Any]:
    """The whole result of a run that succeeds."""
    answer = world.client.post("/backtest/run", json=body, headers=world.headers("run"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "succeeded", answer.text
    found: dict[str, Any] = world.client.get(
        answer.json()["links"]["result"], headers=world.headers("read"), follow_redirects=True
    ).json()
    return found


def refused(answer: Any, field: str, *words: str) -> dict[str, Any]:
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid_parameter"), answer.text
    assert problem["details"]["field"] == field
    for word in words:
        assert word in f"{problem['message']} {problem['hint']}"
    return dict(problem["details"])


# Not the regimes: their labels warm up on the bars before the start, of which dual_sma reads 50 and a file one.
DECIDED = ("trades", "open_position", "waiting_target", "curves", "refused_orders", "benchmark", "relative")


@pytest.mark.parametrize("switches", [{}, COSTS, {**COSTS, "direction": "short", "stops": {"stop_loss": 0.03}}])
def test_the_targets_of_dual_sma_as_own_signals_are_the_run_of_dual_sma(
    world: ApiWorld, switches: dict[str, Any]
) -> None:
    times, target = targets_of(world, fast=20, slow=50)
    kept = upload(world, csv_of(times, target))
    ours = run(world, {**RUN, "signals": kept["signals_id"], **switches})
    theirs = run(world, {**RUN, "strategy": "dual_sma", "parameters": {"fast": 20, "slow": 50}, **switches})
    assert len(ours["trades"]) > 5
    for part in DECIDED:
        assert ours[part] == theirs[part], part
    if switches == {} or "stops" in switches:  # the bar engine and the engine of signals have the same numbers here
        assert ours["metrics"] == pytest.approx(theirs["metrics"], rel=1e-12)


def test_the_result_and_the_report_say_that_nobody_could_test_for_look_ahead(world: ApiWorld) -> None:
    kept = upload(world, csv_of(*targets_of(world)))
    assert kept["look_ahead_test"] == NOT_TESTABLE
    found = run(world, {**RUN, "signals": kept["signals_id"]})
    assert found["look_ahead_test"] == {"on": True, "cuts": [], "passed": None, "untested": NOT_TESTABLE}
    assert found["assumptions"]["look_ahead_test"] == NOT_TESTABLE
    assert found["assumptions"]["signals"]["file"] == kept["signals_id"]
    page = world.client.get(
        f"/runs/{found['run_id']}/report", headers=world.headers("read"), follow_redirects=True
    ).text
    assert NOT_TESTABLE in page.replace("Not testable", "not testable")
    assert "No look-ahead found" not in page


def test_a_target_fills_at_the_open_after_its_bars_close(world: ApiWorld) -> None:
    at = read_instant("2023-05-10T12:00Z")
    times = [t for t, _ in zip(*targets_of(world), strict=True)]
    kept = upload(world, csv_of(times, [1.0 if t == at else 0.0 for t in times]))
    [trade] = run(world, {**RUN, "signals": kept["signals_id"]})["trades"]
    assert trade["entry_time"]["unix_ms"] == at + HOUR
    assert trade["exit_time"]["unix_ms"] == at + 2 * HOUR
    assert kept["first_decision_ms"] == kept["first_fill_ms"] == kept["first_open_ms"] + HOUR


def test_every_format_is_the_same_file(world: ApiWorld) -> None:
    times, target = targets_of(world)
    stamps = pa.array(times, pa.timestamp("ms", tz="UTC"))
    table = pa.table({"open_time": stamps, "target": target})
    naive = pa.table({"target": pa.array(target, pa.float64()), "open_time": stamps.cast(pa.timestamp("ns"))})
    bodies = [
        (csv_of(times, target), CSV),
        ("\n".join(["open_time,target", *(f"{t},{x:g}" for t, x in zip(times, target, strict=True))]).encode(), CSV),
        (parquet(table), PARQUET),
        (parquet(naive), PARQUET),
        (arrow(table, pa.ipc.new_stream), ARROW_STREAM),
        (arrow(table, pa.ipc.new_file), ARROW_FILE),
    ]
    kept = [upload(world, *each) for each in bodies]
    assert all(each == kept[0] for each in kept)
    shown = world.client.get(f"/signals/files/{kept[0]['signals_id']}", headers=world.headers("read"))
    assert shown.json() == kept[0]
    assert "immutable" in shown.headers["cache-control"]
    other = upload(world, csv_of(times, [-x for x in target]))
    assert other["signals_id"] != kept[0]["signals_id"]
    results = [run(world, {**RUN, "signals": each["signals_id"]}) for each in (kept[0], other)]
    assert results[0]["run_id"] != results[1]["run_id"]


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def arrow(table: pa.Table, writer: Any) -> bytes:
    sink = io.BytesIO()
    with writer(sink, table.schema) as opened:
        opened.write_table(table)
    return sink.getvalue()


def test_a_run_can_be_computed_again_from_its_manifest(world: ApiWorld) -> None:
    kept = upload(world, csv_of(*targets_of(world)))
    found = run(world, {**RUN, "signals": kept["signals_id"]})
    manifest = json.loads(world.stores.runs.get_artifact(found["run_id"], "manifest.json") or b"")
    identity = Identity.read(RunConfig, manifest)
    assert identity.id == found["run_id"]
    again = evaluate_run(identity, read_inputs(world.stores, identity.config))
    assert again.content == world.stores.runs.get_artifact(found["run_id"], "result.json")


@pytest.mark.parametrize("direction", ["both", "long"])  # long alone has an engine of its own, for all of equity
def test_sizes_of_the_file_take_the_place_of_the_sizing_model(world: ApiWorld, direction: str) -> None:
    times, target = targets_of(world)
    names = "open_time,target,size"
    halves = upload(world, csv_of(times, target, [0.5] * len(times), names=names))
    assert halves["columns"] == ["open_time", "target", "size"]
    plain = upload(world, csv_of(times, target))
    ours = run(world, {**RUN, "direction": direction, "signals": halves["signals_id"]})
    half = {"model": "fixed_fraction", "fraction": 0.5}
    theirs = run(world, {**RUN, "direction": direction, "signals": plain["signals_id"], "sizing": half})
    assert (ours["trades"], ours["metrics"]) == (theirs["trades"], theirs["metrics"])
    assert ours["assumptions"]["sizing"]["model"] == "signals"
    both = {**RUN, "signals": halves["signals_id"], "sizing": half}
    refused(post(world, both), "sizing", "Leave sizing out")


def post(world: ApiWorld, body: dict[str, Any], route: str = "/backtest/run") -> Any:
    return world.client.post(route, json=body, headers=world.headers("run"))


def test_a_missing_row_is_refused_until_the_user_says_what_it_means(world: ApiWorld) -> None:
    times, target = targets_of(world)
    whole = run(world, {**RUN, "signals": upload(world, csv_of(times, target))["signals_id"]})
    changes = [k for k in range(len(times)) if k == 0 or target[k] != target[k - 1]]
    only = upload(world, csv_of([times[k] for k in changes], [target[k] for k in changes]))
    assert only["missing_rows"] > 1_000
    assert len(only["first_missing"]) == 20
    sparse = {**RUN, "signals": only["signals_id"]}
    details = refused(post(world, sparse), "signals", "signals_fill")
    changed = {times[k] for k in changes}
    assert details["first_missing"] == iso(next(t for t in times if t >= START - HOUR and t not in changed))
    held = run(world, {**sparse, "signals_fill": "hold"})
    assert held["trades"] == whole["trades"]
    assert held["assumptions"]["signals"]["missing_row"] == "hold"
    flat = run(world, {**sparse, "signals_fill": "flat"})
    assert all(trade["holding_seconds"] == 3600 for trade in flat["trades"])


def test_nothing_is_held_before_the_first_row_and_an_absent_candle_needs_none(world: ApiWorld) -> None:
    times, target = targets_of(world)
    late = [k for k, t in enumerate(times) if t >= START]
    kept = upload(world, csv_of([times[k] for k in late], [target[k] for k in late]))
    body = {**RUN, "signals": kept["signals_id"]}
    refused(post(world, body), "signals", iso(START - HOUR))
    refused(post(world, {**body, "signals_fill": "hold"}), "signals_fill", "nothing to hold")
    assert run(world, {**body, "start": iso(START + HOUR)})["data"]["bars"] > 0
    around = {**RUN, "start": iso(OUTAGE.start - HOUR), "end": iso(OUTAGE.end + HOUR)}
    every = upload(world, csv_of(times, target))
    assert run(world, {**around, "signals": every["signals_id"]})["data"]["missing_candles"] == 1


@pytest.mark.parametrize("form", ["long", "wide"])
def test_a_set_of_a_sweep_is_its_run(world: ApiWorld, form: str) -> None:
    times, _ = targets_of(world)
    sets = [targets_of(world, fast=fast, slow=50)[1] for fast in (5, 10, 20)]
    if form == "wide":
        body = csv_of(times, *sets, names="open_time,target_0,target_1,target_2")
    else:
        cells = [(t, x, k) for k, target in enumerate(sets) for t, x in zip(times, target, strict=True)]
        cells.sort(key=lambda cell: cell[0])  # the sets lie between one another
        body = csv_of(*map(list, zip(*cells, strict=True)), names="open_time,target,set")
    kept = upload(world, body)
    assert (kept["sets"], kept["rows"]) == (3, 3 * len(times))
    one = {**RUN, "signals": kept["signals_id"], **COSTS}
    started = post(world, {**one, "grid": {"set": {"start": 0, "stop": 2, "step": 1}}}, "/sweeps")
    assert (started.status_code, started.json()["sets"]) == (202, 3), started.text
    place = started.headers["location"]
    rows = world.client.get(f"{place}/results?sort=set", headers=world.headers("read")).json()["rows"]
    for row in rows:
        alone = run(world, {**one, "parameters": row["parameters"]})
        assert row["metrics"].items() <= alone["metrics"].items()
    assert len({row["metrics"]["final_equity"] for row in rows}) == 3
    header = json.loads(world.stores.runs.get_artifact(place.rpartition("/")[2], header_of(world, place)) or b"")
    assert header["assumptions"]["look_ahead_test"] == NOT_TESTABLE
    refused(post(world, {**one, "parameters": {"set": 3}}), "parameters.set", "it has 3")
    refused(post(world, {**one, "grid": {"set": [1, 3]}}, "/sweeps"), "grid.set", "it has 3")


def test_a_grid_over_settings_of_own_signals(world: ApiWorld) -> None:
    times, target = targets_of(world)
    kept = upload(world, csv_of(times, target, target[::-1], names="open_time,target_0,target_1"))
    one = {**RUN, "signals": kept["signals_id"]}
    started = post(world, {**one, "grid": {"set": [0, 1], "fee_bps": [0, 20]}}, "/sweeps")
    assert (started.status_code, started.json()["sets"]) == (202, 4), started.text
    place = started.headers["location"]
    rows = world.client.get(f"{place}/results?sort=set", headers=world.headers("read")).json()["rows"]
    for row in rows:
        alone = run(world, {**one, "parameters": row["parameters"], **row["settings"]})
        assert row["metrics"].items() <= alone["metrics"].items()
    assert len({row["metrics"]["final_equity"] for row in rows}) == 4
    sized = upload(world, csv_of(times, target, [0.5] * len(times), names="open_time,target,size"))
    over_sizes = {**RUN, "signals": sized["signals_id"], "grid": {"sizing.fraction": [0.5, 1.0]}}
    refused(post(world, over_sizes, "/sweeps"), "grid.sizing.fraction", "The signals have sizes")


def header_of(world: ApiWorld, place: str) -> str:
    record = world.stores.runs.get(place.rpartition("/")[2])
    assert record is not None
    assert record.summary is not None
    return str(record.summary["files"]["results.json"])


def test_a_large_file_goes_by_a_link(world: ApiWorld) -> None:
    times, target = targets_of(world)
    body = csv_of(times, [x / 2 for x in target])
    asked = {
        **SERIES, "content_type": CSV, "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body),
    }  # fmt: skip
    first = post(world, asked, "/signals/files")
    assert first.status_code == 202, first.text
    link = first.json()["upload"]
    url = urlsplit(link["url"])
    checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert (link["method"], link["headers"]) == ("PUT", {"Content-Type": CSV, "x-amz-checksum-sha256": checksum})
    assert url.path.endswith(f"/uploads/{asked['sha256']}.bin")
    assert parse_qs(url.query)["X-Amz-SignedHeaders"] == ["content-length;content-type;host;x-amz-checksum-sha256"]
    world.stores.signals.put_upload(str(asked["sha256"]), body, CSV)  # as S3 would
    second = post(world, asked, "/signals/files")
    assert second.status_code == 200, second.text
    assert second.json() == upload(world, body)
    other = {**asked, "sha256": "ab" * 32}
    world.stores.signals.put_upload(other["sha256"], body, CSV)
    refused(post(world, other, "/signals/files"), "sha256", "another hash")


HEAD = "open_time,target\n"
FIRST = "2023-04-01T00:00:00Z,1\n"


@pytest.mark.parametrize(
    ("body", "field", "row", "words"),
    [
        (HEAD + FIRST + "2023-04-01T01:00:00Z,1.5\n", "target", 2, ["-1 to 1", "not percent"]),
        (HEAD + FIRST + "2023-04-01T01:00:00Z,nan\n", "target", 2, ["finite"]),
        (HEAD + FIRST + "2023-04-01T01:00:00Z,\n", "target", 2, ["empty"]),
        (HEAD + FIRST + "2023-04-01T01:00:00Z,long\n", "target", 2, ["not a number"]),
        (HEAD + FIRST + "2023-04-01T01:30:00Z,1\n", "open_time", 2, ["2023-04-01T01:00:00Z"]),
        (HEAD + FIRST + FIRST, "open_time", 2, ["there twice"]),
        (HEAD + "2023-04-01T01:00:00Z,1\n" + FIRST, "open_time", 2, ["comes after", "Sort"]),
        (HEAD + FIRST + "yesterday,1\n", "open_time", 2, ["no time"]),
        (HEAD + "1680307200,1\n", "open_time", 1, ["seconds", "1680307200000"]),
        (HEAD + "2019-04-01T00:00:00Z,1\n", "open_time", 1, ["outside the stored", "backfill"]),
        (HEAD + "2023-06-01T00:00:00Z,1\n", "open_time", 1, ["outside the stored"]),
        ("open_time,target,size\n2023-04-01T00:00:00Z,1,1.1\n", "size", 1, ["0 to 1"]),
        ("open_time,target,set\n2023-04-01T00:00:00Z,1,-1\n", "set", 1, ["0 to 999"]),
        ("open_time,target,set\n2023-04-01T00:00:00Z,1,1\n", "file", None, ["without a hole"]),
        ("open_time,target_0,target_2\n2023-04-01T00:00:00Z,1,1\n", "file", None, ["without a hole"]),
        ("open_time,target,leverage\n2023-04-01T00:00:00Z,1,3\n", "file", None, ["'leverage'"]),
        ("time,target\n2023-04-01T00:00:00Z,1\n", "file", None, ["'time'"]),
        (HEAD + FIRST + "2023-04-01T01:00:00Z\n", "file", None, ["Line 3", "1 cells", "header has 2"]),
        (HEAD, "file", None, ["no rows"]),
        ("", "file", None, ["empty"]),
    ],
)
def test_a_wrong_cell_is_named_by_its_row(
    world: ApiWorld, body: str, field: str, row: int | None, words: list[str]
) -> None:
    details = refused(put(world, body.encode()), field, *words)
    assert details.get("row") == row


def test_what_is_no_such_file_is_refused(world: ApiWorld) -> None:
    good = csv_of(*targets_of(world))
    refused(put(world, good, PARQUET), "file", "not readable")
    refused(put(world, good, ARROW_STREAM), "file", "not readable")
    refused(put(world, parquet(pa.table({"open_time": [1], "target": [1]})), CSV), "file")
    assert put(world, good, "application/json").status_code == 415
    large = put(world, b"x" * (MAX_FILE_BYTES + 1))
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    assert "POST /signals/files" in large.json()["hint"]
    nothing = put(world, good, symbol="DOGE-USDT")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "series_not_found")
    answer = world.client.get(f"/signals/files/signals_{'0' * 32}", headers=world.headers("read"))
    assert (answer.status_code, answer.json()["code"]) == (404, "signals_not_found")


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        ({"signals": None}, "signals", "PUT /signals/files"),
        ({"strategy": "dual_sma"}, "signals", 'Set strategy to "signals"'),
        ({"signals": f"signals_{'0' * 32}"}, "signals", "There are no signals"),
        ({"symbol": "ETH-USDT", "start": "2023-05-10"}, "signals", "for this series"),
        ({"rules": {}}, "rules", "leave rules out"),
        ({"strategy": "dual_sma", "signals": None, "signals_fill": "hold"}, "signals_fill", "leave signals_fill out"),
    ],
)
def test_signals_that_do_not_fit_the_run_are_refused(
    world: ApiWorld, change: dict[str, Any], field: str, word: str
) -> None:
    kept = upload(world, csv_of(*targets_of(world)))
    refused(post(world, {**RUN, "signals": kept["signals_id"], **change}), field, word)


def test_a_run_without_own_signals_keeps_its_identity(world: ApiWorld) -> None:
    plain = RunConfig.from_dict({**SERIES, "strategy": "dual_sma"}).identity_dict()
    assert not {"signals", "signals_fill"} & set(plain)


def test_noise_of_any_shape_gives_the_run_of_the_engine_alone(world: ApiWorld) -> None:
    rng = np.random.default_rng(5)
    times, _ = targets_of(world)
    target = rng.choice([-1.0, -0.25, 0.0, 0.5, 1.0], len(times)).tolist()
    size = rng.uniform(0.0, 1.0, len(times)).tolist()
    kept = upload(world, csv_of(times, target, size, names="open_time,target,size"))
    found = run(world, {**RUN, "signals": kept["signals_id"], **COSTS})
    expected = by_the_reference(world, target, size)
    assert found["curves"]["equity"] == pytest.approx(expected, rel=1e-12)
    assert len(found["trades"]) > 100


def by_the_reference(world: ApiWorld, target: list[float], size: list[float]) -> list[float]:
    """Equity by the specification's own loop."""
    bars = bars_from_table(world.stores.candles.read(BTC, SPAN, RUN_COLUMNS))
    first = bars.index_of(START) - 1  # the candle before the start decides for the first bar
    rows = [
        Bar(*map(float, cells))
        for cells in zip(
            *(getattr(bars, name)[first:] for name in ("open", "high", "low", "close", "volume")), strict=True
        )
    ]
    rules = Rules(taker_fee=0.0007, maker_fee=0.0007, slippage=0.0003, flatten_at_end=True)
    account = replay(rows, target[first:], rules, cash=10_000.0, sizes=size[first:], first=1)
    return account.equity
