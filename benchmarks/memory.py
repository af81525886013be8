"""Memory of a batch: 10,000 sets x 525,600 bars in a fresh process."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.grids import GRIDS, NAMES
from benchmarks.plan import COSTS
from benchmarks.protocol import Worker
from benchmarks.series import Series, read_series
from benchmarks.tables import figure, table

YEAR = 525_600
_PRICES = ("open", "high", "low", "close")


def tables() -> str:
    """Peak resident memory after importing, after reading the year, after each batch; a new process per batch."""
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        stored = Path(scratch) / "year.npz"
        np.savez(stored, **year_of_minutes(read_series("1m")))
        for sets in (1, 1_000, 10_000):
            with Worker("candlecloud", Path(sys.executable), "benchmarks.worker") as worker:
                imported = worker.ask("nothing").peak_mb
                worker.load(stored)
                loaded = worker.ask("nothing").peak_mb
                done = worker.ask("candlecloud", pairs=GRIDS[sets], **COSTS)
            over = done.peak_mb - imported
            rows.append((f"{sets:,}", *map(figure, (imported, loaded - imported, over, done.peak_mb, done.cpu_s))))
    head = ("sets", "imports, MB", "+ arrays, MB", "peak over imports, MB", "peak in all, MB", "CPU s")
    return (
        f"{YEAR:,} minutes (the real recording, repeated so that each copy goes on where the last one closed), largest "
        f"resident size of a fresh process, MB of 10^6 bytes. Sets: {NAMES[10_000]}.\n\n" + table(head, rows)
    )


def year_of_minutes(series: Series) -> Series:
    """Real minutes repeated to a year, each copy's prices moved, in whole ticks, to where the last one closed."""
    n, unit = len(series["close"]), 10.0 ** int(series["scale"])
    copies = -(-YEAR // n)
    level, parts = 1.0, []
    for _ in range(copies):
        parts.append(np.array([np.rint(series[name] * level * unit) / unit for name in _PRICES]))
        level = parts[-1][3][-1] / series["open"][0]
    prices = np.concatenate(parts, axis=1)[:, :YEAR]
    step = int(series["step_ms"])
    open_time = series["open_time"][0] + step * np.arange(YEAR)
    return {
        **dict(zip(_PRICES, prices.copy(), strict=True)),
        "volume": np.tile(series["volume"], copies)[:YEAR],
        "open_time": open_time,
        "close_time": open_time + step,
        "step_ms": series["step_ms"],
        "scale": series["scale"],
    }
