"""The harness of the benchmarks: it must refuse to print figures of engines that disagree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.agreement import DisagreementError, compare
from benchmarks.engine import Bench
from benchmarks.grids import GRIDS, NAMES
from benchmarks.memory import YEAR, year_of_minutes
from benchmarks.peers.exact import exact_averages
from benchmarks.plan import COSTS, PLANS, SAMPLE, Line
from benchmarks.product import Product, candles_of
from benchmarks.product_play import Played
from benchmarks.protocol import Answer, Worker, WorkerFailedError
from benchmarks.rounds import Player, Score, alternate
from benchmarks.series import read_series
from benchmarks.shipped import shipped
from benchmarks.tables import PAGE, figure, insert, table
from candlecloud.features.families.moving_average import compare_sma
from candlecloud.runs.inputs import RUN_COLUMNS
from tests.support.recorded import btc_hours

ROOT = Path(__file__).parents[3]
PAIRS = [(5, 60), (10, 80), (15, 100)]


def result(**changed: list[float]) -> dict[str, Any]:
    return {
        "n_trades": [3.0, 4.0, 0.0],
        "win_rate": [1 / 3, 0.5, np.nan],
        "total_return": [0.1, -0.2, 0.0],
        "max_drawdown": [0.3, 0.4, 0.0],
        "sharpe": [0.5, -0.5, np.nan],
        **changed,
    }


def test_equal_results_agree_and_an_absent_value_equals_an_absent_value() -> None:
    found = compare("peer", PAIRS, result(), result(total_return=[0.1 + 1e-10, -0.2, 0.0]))
    assert (found.sets, found.equal, found.excused) == (3, 3, {})
    assert found.worst["total_return"] == pytest.approx(1e-10, rel=1e-3)


@pytest.mark.parametrize(
    "changed",
    [
        {"n_trades": [3.0, 5.0, 0.0]},
        {"win_rate": [1 / 3, 0.5 + 1e-9, np.nan]},
        {"total_return": [0.1, -0.2 + 2e-9, 0.0]},
        {"max_drawdown": [0.3, 0.4, 2e-9]},
        {"sharpe": [0.5, -0.5, 0.0]},
    ],
)
def test_a_difference_that_nothing_explains_fails(changed: dict[str, list[float]]) -> None:
    with pytest.raises(DisagreementError, match="1 of 3 sets differ without a listed reason"):
        compare("peer", PAIRS, result(), result(**changed))


def test_a_listed_difference_is_counted_and_no_other_set_hides_behind_it() -> None:
    other = result(n_trades=[3.0, 5.0, 0.0])
    found = compare("peer", PAIRS, result(), other, {"it ties": [(10, 80), (5, 60)]})
    assert (found.equal, found.excused) == (2, {"it ties": [(10, 80)]})
    with pytest.raises(DisagreementError, match=r"first \(10, 80\)"):
        compare("peer", PAIRS, result(), other, {"it ties": [(5, 60)]})


def test_rounds_alternate_and_medians_count() -> None:
    order: list[str] = []

    def player(name: str, times: list[float], rounds: int) -> Player:
        def turn() -> Answer:
            order.append(name)
            return Answer(times[order.count(name) - 1], 1.0, name)

        return Player(name, turn, rounds)

    scores = alternate([player("a", [3.0, 9.0, 4.0], 3), player("b", [1.0, 2.0], 2)])
    assert order == ["a", "b", "a", "b", "a"]
    assert (scores["a"].cpu_s, scores["b"].cpu_s, scores["a"].rounds) == (4.0, 1.5, 3)


def test_grids_have_their_sizes_and_the_pair_that_ties() -> None:
    assert {sets: len(set(pairs)) for sets, pairs in GRIDS.items()} == {1: 1, 100: 100, 1_000: 1_000, 10_000: 10_000}
    assert all(1 <= fast < slow for pairs in GRIDS.values() for fast, slow in pairs)
    assert set(NAMES) == set(GRIDS)
    assert (30, 60) in GRIDS[100]
    assert (30, 60) in GRIDS[1_000]
    assert set(SAMPLE) <= set(GRIDS[100])
    assert all(line.sets in GRIDS for plan in PLANS.values() for line in plan)


def test_series_are_the_recorded_candles() -> None:
    series, table_ = read_series("1h"), btc_hours()
    assert series["close"].tolist() == table_.column("close").to_pylist()
    assert series["volume"].tolist() == table_.column("volume_base").to_pylist()
    assert series["open_time"].tolist() == table_.column("open_time").cast("int64").to_pylist()


def test_exact_averages_tie_where_whole_numbers_tie() -> None:
    series = read_series("1h")
    averages = exact_averages(series, [30, 60])
    sums = np.concatenate([[0], np.cumsum(np.rint(series["close"] * 100).astype(np.int64))])
    signs = np.sign(np.nan_to_num(averages[:, 0] - averages[:, 1]))
    assert signs.astype(int).tolist() == compare_sma(sums, 30, 60).tolist()
    (tie,) = np.flatnonzero(averages[:, 0] == averages[:, 1])
    assert np.datetime64(int(series["open_time"][tie]), "ms") == np.datetime64("2023-08-13T03:00")


def test_a_year_of_minutes_goes_on_where_a_copy_closed() -> None:
    minutes = read_series("1m")
    year, n = year_of_minutes(minutes), len(minutes["close"])
    assert {len(year[name]) for name in ("open", "high", "low", "close", "volume", "open_time")} == {YEAR}
    assert year["close"][:n].tolist() == minutes["close"].tolist()
    assert year["open"][n] == pytest.approx(year["close"][n - 1], abs=0.011)
    assert (np.rint(year["close"] * 100) / 100 == year["close"]).all()
    assert (np.diff(year["open_time"]) == 60_000).all()


def test_a_task_that_raises_is_named() -> None:
    with Worker("candlecloud", Path(sys.executable), "benchmarks.worker") as worker:
        assert worker.ask("nothing").peak_mb > 0
        with pytest.raises(WorkerFailedError, match="candlecloud: reference: KeyError"):
            worker.ask("reference", pairs=[], fee=0.0, slippage=0.0)
        assert worker.ask("nothing", repeat=2).result is None


@pytest.mark.parametrize("look_ahead_test", [False, True])
def test_what_a_sweep_evaluates_has_the_figures_of_the_kernel(look_ahead_test: bool) -> None:
    product, series = Product(), read_series("1h")
    prepared = product.prepare(series, GRIDS[100], look_ahead_test=look_ahead_test, **COSTS)
    assert prepared == {"sets": 100, "batches": 1, "bars": len(series["close"]) - 240, "warmup_bars": 240}
    assert product.evaluate(series, look_ahead_test=look_ahead_test) > 100 * 8
    assert product.differing(series, GRIDS[100], look_ahead_test=look_ahead_test, **COSTS) == []
    other = {**COSTS, "fee": COSTS["fee"] * (1.0 + 1e-15)}
    assert len(product.differing(series, GRIDS[100], look_ahead_test=look_ahead_test, **other)) > 90


def test_a_sweep_of_other_sets_is_not_timed() -> None:
    with pytest.raises(ValueError, match="not the sets of the benchmark"):
        Product().prepare(read_series("1h"), [(5, 60), (10, 80)], look_ahead_test=False, **COSTS)


def test_a_sweep_reads_the_recorded_candles() -> None:
    table_, lake = candles_of(read_series("1h")), btc_hours()
    assert table_.schema == pa.schema([lake.schema.field(name) for name in RUN_COLUMNS])
    for name in ("open_time", "close_time", "open", "high", "low", "close", "volume_base"):
        assert table_.column(name).equals(lake.column(name)), name


def test_the_table_of_what_ships_marks_a_time_that_stands_in() -> None:
    def scores(**seconds: float) -> dict[str, Score]:
        return {name.replace("_", ", "): Score(value, 3, None, 1.0) for name, value in seconds.items()}

    played = Played(bars=800, warmup_bars=200, batches=2, bytes=5_000_000, revision_s=0.001)
    bench = Bench("1m", {"close": np.zeros(1_000)}, None, None)  # type: ignore[arg-type]
    ours = {"candlecloud": 0.001, "product": 0.0016, "product_tested": 0.004}
    bench.lines = [
        (Line(1_000, 1, product=True), scores(**ours, numba=0.9, rust=0.5)),
        (Line(10_000, 1, product=True, vectorbt=False), scores(**ours)),
    ]
    bench.products = {1_000: played, 10_000: played}
    measured, stands_in = shipped(bench).splitlines()[-2:]
    assert "| 500 (rust) | **500 x** | **250 x** | **100 x** |" in measured
    assert "| 500 (rust, its time per set at 1,000) | **5,000 x** (from 1,000) |" in stands_in


def test_tables_find_their_place_in_a_page() -> None:
    page = "before\n<!-- a -->\nold\n<!-- end of a -->\nafter <!-- b --><!-- end of b -->"
    once = insert(page, "a", table(("x", "y"), [(1, "2")]))
    assert once.startswith("before\n<!-- a -->\n\n| x | y |\n| --- | --- |\n| 1 | 2 |\n\n<!-- end of a -->\nafter")
    assert insert(once, "a", "| x | y |\n| --- | --- |\n| 1 | 2 |") == once
    with pytest.raises(ValueError, match="no place named 'c'"):
        insert(page, "c", "")


@pytest.mark.parametrize(
    ("value", "text"), [(0.19512, "0.195"), (14.239, "14.2"), (1239.6, "1,240"), (0.0, "0"), (2.0, "2.00")]
)
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert figure(value) == text


def test_the_page_has_a_place_for_every_table() -> None:
    from benchmarks.__main__ import MODULES, PEERED

    page = PAGE.read_text()
    assert [name for name in ("machine", *PEERED, *MODULES) if insert(page, name, "x") == page] == []


def test_peers_are_no_dependency() -> None:
    imports = re.compile(r"^\s*(import|from) (vectorbt|backtesting)\b", re.MULTILINE)
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    files = [name for name in tracked.split() if not name.startswith("benchmarks/peers/")]
    assert [name for name in files if imports.search((ROOT / name).read_text())] == []
    for lock in (ROOT / "locks" / "dev.txt", *ROOT.glob("layers/*/requirements.txt")):
        assert not re.search(r"^(vectorbt|backtesting)", lock.read_text(), re.MULTILINE), lock
    peers = (ROOT / "locks" / "peers.txt").read_text()
    assert re.findall(r"^(?:vectorbt|vectorbt-rust|backtesting)==\S+", peers, re.MULTILINE) == [
        "backtesting==0.6.6", "vectorbt==1.2.0", "vectorbt-rust==1.2.0",
    ]  # fmt: skip
    assert peers.count("--hash=sha256:") > 90
    assert "index-url" not in peers
