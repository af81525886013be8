"""The results of 100,000 sets, collected from their batches and read in pages, on moto: ``python -m
tests.evidence.sweep_pages``.

Every task runs in a process of its own, whose batches are real rows of dual_sma on two years of BTC-USDT hours. Peak MB is
what the process grew by at most, over what it held when the task began; moto itself keeps what is written in memory up to
a megabyte and in a file above. Milliseconds are the best of three, moto's own share with them.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from candlecloud.api.responses import as_json
from candlecloud.api.sweep_results import as_parquet, read_page
from candlecloud.contract.setting import canonical_json
from candlecloud.runs.batch import evaluate_batch
from candlecloud.runs.batch_file import BatchResult, read_batch, write_batch
from candlecloud.runs.collect import collect_results
from candlecloud.runs.identity import Identity
from candlecloud.runs.plan import cut_into_batches
from candlecloud.runs.result_rows import rows_as_dicts
from candlecloud.store.ranged import RangedObject
from candlecloud.store.stores import Stores
from tests.support.cloud import embedded_stores
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


def compute_batches(folder: str) -> int:
    """Evaluate the sweep and keep its batches as files; returns how many."""
    config = read_sweep(SWEEP)
    inputs, plan = inputs_of(config), cut_into_batches(config)
    for number, (start, end) in enumerate(plan):
        Path(folder, str(number)).write_bytes(write_batch(evaluate_batch(config, inputs, start, end)))
    return len(plan)


@contextmanager
def filled(folder: str) -> Iterator[tuple[Stores, Counted]]:
    with embedded_stores() as stores:
        for path in Path(folder).glob("[0-9]*"):
            stores.sweeps.put_batch_result(SWEEP_ID, int(path.name), path.read_bytes())
        if Path(folder, "rows").exists():
            stores.sweeps.put_results(SWEEP_ID, Path(folder, "rows").read_bytes(), b"{}")
        yield stores, Counted(stores)


def collect(folder: str) -> Measured:
    """Collect the batches, and keep the rows for the pages."""
    config = read_sweep(SWEEP)
    plan = [{"batch": number, "start": a, "end": b} for number, (a, b) in enumerate(cut_into_batches(config))]
    identity = Identity(config, "revision", "code")
    assert identity.config == config
    with filled(folder) as (stores, counted):

        def read(batch: int) -> BatchResult | None:
            stored = stores.sweeps.get_batch_result(SWEEP_ID, batch)
            return None if stored is None else read_batch(stored)

        def task() -> int:
            found = collect_results(identity, plan, read)
            stores.sweeps.put_results(SWEEP_ID, found.rows, canonical_json(found.header))
            assert found.header["state"] == "succeeded"
            return len(found.rows)

        measured = measure(task, counted)
        Path(folder, "rows").write_bytes(stores.sweeps.get_rows(SWEEP_ID) or b"")
        return measured


def page(folder: str, name: str) -> Measured:
    """Read a page as the API does."""
    sort, start, limit = PAGES[name]
    with filled(folder) as (stores, counted):

        def task() -> int:
            stored = stores.sweeps.open_rows(SWEEP_ID)
            assert isinstance(stored, RangedObject)
            rows = read_page(stored, sort, "asc" if sort == "set" else "desc", start, limit).rows
            assert rows.num_rows == limit
            return len(as_json({"rows": rows_as_dicts(rows)}) if limit <= 1_000 else as_parquet(rows))

        return measure(task, counted)


def measure(task: Callable[[], int], counted: Counted) -> Measured:
    """The first time tells the memory, the best of some the time."""
    counted.requests = counted.bytes = 0
    before, best = _peak_mb(), float("inf")
    answer, grown, requests, read = 0, 0.0, 0, 0
    for number in range(TIMES):
        started = time.perf_counter()
        answer = task()
        best = min(best, time.perf_counter() - started)
        if number == 0:
            grown, requests, read = _peak_mb() - before, counted.requests, counted.bytes
    return Measured(best * 1e3, grown, requests, read / 1e6, answer / 1e6)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        batches = _alone(compute_batches, folder)
        sizes = [path.stat().st_size / 1e6 for path in Path(folder).iterdir()]
        print(f"{batches} batches of 100,000 sets: {sum(sizes):.1f} MB, the largest {max(sizes):.2f} MB\n")
        print("| task | ms | peak MB above | requests | MB read | MB given |")
        print("|---|---|---|---|---|---|")
        _print("collect", _alone(collect, folder))
        for name in PAGES:
            _print(name, _alone(page, folder, name))
        print(f"\nresults.parquet: {Path(folder, 'rows').stat().st_size / 1e6:.1f} MB")
    return 0


def _alone(task: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(task, *arguments).result()


def _print(name: str, m: Measured) -> None:
    print(f"| {name} | {m.ms:.0f} | {m.peak_mb:.0f} | {m.requests} | {m.read_mb:.2f} | {m.answer_mb:.2f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
