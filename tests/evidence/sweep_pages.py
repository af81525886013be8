"""The results of 100,000 sets collected from their batches and read in pages: ``python -m tests.evidence.sweep_pages``.

The rows are real ones, of dual_sma on two years of BTC-USDT hours. They lie in a moto server of its own, and each task
is done by a fresh process. Peak MB is what that process grew by at most the first time; milliseconds are the best
of three, and mostly moto's, which reads the whole object for each range of it: "without moto" has the file in memory.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.api.negotiation import PARQUET
from candlecloud.api.responses import as_json
from candlecloud.api.sweep_results import read_page
from candlecloud.api.tables import write_table
from candlecloud.contract.sweep import SweepConfig
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.fan_out.batch_file import write_batch
from candlecloud.fan_out.collect import collect_batches
from candlecloud.fan_out.kinds.sweep import KIND, ROWS_FILE, sweep_work
from candlecloud.fan_out.plan import make_plan
from candlecloud.runs.identity import Identity
from candlecloud.runs.result_rows import rows_as_dicts
from candlecloud.store import keys
from candlecloud.store.range_reads import TAIL_BYTES, RangedObject
from candlecloud.store.stores import Stores
from tests.support.moto_server import environment, moto_server, stores_from_environment
from tests.support.worker_processes import inputs_of, read_sweep

SWEEP: dict[str, Any] = {
    "exchange": "binance",
    "symbol": "BTC-USDT",
    "timeframe": "1h",
    "start": "2023-06-01T00:00:00Z",
    "end": "2025-06-01T00:00:00Z",
    "strategy": "dual_sma",
    "grid": {"fast": {"start": 1, "stop": 250, "step": 1}, "slow": {"start": 251, "stop": 650, "step": 1}},
}
SWEEP_ID = "sweep_" + "0" * 32
TIMES = 3
PAGES = {
    "first 100 by sharpe": ("sharpe", 0, 100),
    "100 by sharpe from the middle": ("sharpe", 50_000, 100),
    "last 1,000 by sharpe": ("sharpe", 99_000, 1_000),
    "first 100 by set": ("set", 0, 100),
    "1,000 by set from the middle": ("set", 50_000, 1_000),
    "all 100,000 by sharpe, Parquet": ("sharpe", 0, 100_000),
}


@dataclass(frozen=True)
class Measured:
    """What a task took and gave."""

    ms: float
    alone_ms: float
    peak_mb: float
    requests: int
    read_mb: float
    answer_mb: float


class Counted:
    """What is fetched of stored objects, counted."""

    def __init__(self, stores: Stores) -> None:
        self.requests, self.bytes = 0, 0
        self._get = stores.objects._get
        stores.objects._get = self.get  # type: ignore[method-assign]

    def get(self, key: str, **conditions: str) -> dict[str, Any] | None:
        answer = self._get(key, **conditions)
        self.requests += 1
        self.bytes += len(answer["Body"]) if answer else 0
        return answer


def compute_batches(url: str) -> list[int]:
    """Evaluate the sweep and store its batches; returns their sizes."""
    config, (stores, _) = read_sweep(SWEEP), _reach(url)
    inputs, sizes = inputs_of(config), []
    for start, end in _batches(config):
        content = write_batch(evaluate_batch(config, inputs, start, end))
        stores.fan_outs.put_batch(SWEEP_ID, (start, end), content)
        sizes.append(len(content))
    return sizes


def collect(url: str) -> Measured:
    """Collect the batches and store the result, as the job does."""
    config, (stores, counted) = read_sweep(SWEEP), _reach(url)
    batches = _batches(config)
    plan = [{"batch": number, "start": a, "end": b} for number, (a, b) in enumerate(batches)]
    identity = Identity(config, "revision", "code")

    def task() -> int:
        found = collect_batches(KIND, identity, plan, stores.fan_outs.read_batches(SWEEP_ID, batches), _no_failure)
        assert (found.state, found.missing) == ("succeeded", [])
        for name, content in found.results.files.items():
            stores.runs.put_artifact(SWEEP_ID, name, content)
        return len(found.results.files[ROWS_FILE])

    measured = measure(task, counted)
    stored = list(stores.fan_outs.read_batches(SWEEP_ID, batches))
    return replace(measured, alone_ms=best_ms(lambda: collect_batches(KIND, identity, plan, stored, _no_failure)))


def _no_failure(_start: int, _end: int) -> None:
    return None


def _batches(config: SweepConfig) -> list[tuple[int, int]]:
    return make_plan(sweep_work(config)).batches


def page(url: str, name: str) -> Measured:
    """Read a page and write the answer, as the API does."""
    sort, start, limit = PAGES[name]
    stores, counted = _reach(url)

    def read(stored: RangedObject | None) -> int:
        assert stored is not None
        rows = read_page(stored, sort, "asc" if sort == "set" else "desc", start, limit).rows
        assert rows.num_rows == limit
        return len(as_json({"rows": rows_as_dicts(rows)}) if limit <= 1_000 else write_table(rows, PARQUET))

    measured = measure(lambda: read(stores.objects.open(keys.run_object(SWEEP_ID, ROWS_FILE))), counted)
    content = stores.runs.get_artifact(SWEEP_ID, ROWS_FILE) or b""
    in_memory = lambda: RangedObject(lambda a, b: content[a:b], len(content), content[-TAIL_BYTES:])  # noqa: E731
    return replace(measured, alone_ms=best_ms(lambda: read(in_memory())))


def _reach(url: str) -> tuple[Stores, Counted]:
    """The stores behind a URL, their connection open and Arrow's functions loaded, which takes 32 MB once."""
    pc.sort_indices(pa.array([1]))
    os.environ.update(environment(url))
    stores = stores_from_environment()
    assert stores.runs.get_artifact("nobody", ROWS_FILE) is None
    return stores, Counted(stores)


def best_ms(task: Callable[[], object]) -> float:
    """Of some times."""
    took = []
    for _ in range(TIMES):
        started = time.perf_counter()
        task()
        took.append(time.perf_counter() - started)
    return min(took) * 1e3


def measure(task: Callable[[], int], counted: Counted) -> Measured:
    """The first time tells the memory and the requests, the best of some the time."""
    counted.requests = counted.bytes = 0
    before = _peak_mb()
    answer = task()
    grown, requests, read = _peak_mb() - before, counted.requests, counted.bytes
    return Measured(best_ms(task), 0.0, grown, requests, read / 1e6, answer / 1e6)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    with moto_server() as url:
        sizes = _alone(compute_batches, url)
        print(f"{len(sizes)} batches of 100,000 sets: {sum(sizes) / 1e6:.1f} MB\n")
        print("| task | ms | without moto | peak MB above | requests | MB read | MB given |")
        print("|---|---|---|---|---|---|---|")
        collected = _alone(collect, url)
        _print("collect", collected)
        for name in PAGES:
            _print(name, _alone(page, url, name))
    print(f"\nresults.parquet: {collected.answer_mb:.1f} MB")
    return 0


def _alone(task: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(task, *arguments).result()


def _print(name: str, m: Measured) -> None:
    cells = (name, f"{m.ms:.0f}", f"{m.alone_ms:.0f}", f"{m.peak_mb:.0f}", m.requests, f"{m.read_mb:.2f}")
    print("| " + " | ".join(map(str, (*cells, f"{m.answer_mb:.2f}"))) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
