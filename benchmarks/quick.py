"""A smoke test of the benchmarks: the sweep against the reference engine on real hours, without the peers."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.agreement import compare
from benchmarks.grids import GRIDS
from benchmarks.plan import COSTS, SAMPLE
from benchmarks.protocol import Worker
from benchmarks.rounds import Player, alternate
from benchmarks.series import describe, read_series
from benchmarks.tables import figure, table


def tables() -> str:
    """Time both, compare, and return a table.

    Raises
    ------
    DisagreementError
        If they differ in a trade, or in a number by more than 1e-9.
    """
    series = read_series("1h")
    with (
        tempfile.TemporaryDirectory() as scratch,
        Worker("candlecloud", Path(sys.executable), "benchmarks.worker") as worker,
    ):
        stored = Path(scratch) / "series.npz"
        np.savez(stored, **series)
        worker.load(stored)
        grid = GRIDS[100]
        worker.ask("candlecloud", pairs=grid, **COSTS)  # warm
        scores = alternate(
            [
                Player("reference", lambda: worker.ask("reference", pairs=SAMPLE, **COSTS), 2),
                Player("candlecloud", lambda: worker.ask("candlecloud", pairs=SAMPLE, **COSTS), 2),
                Player("grid", lambda: worker.ask("candlecloud", pairs=grid, **COSTS), 2),
            ]
        )
    found = compare("reference", SAMPLE, scores["candlecloud"].result, scores["reference"].result)
    bars = len(series["close"])
    rows = [
        (name, sets, figure(scores[key].cpu_s / bars / sets * 1e9))
        for name, key, sets in (
            ("reference engine (bar loop)", "reference", len(SAMPLE)),
            ("candlecloud", "candlecloud", len(SAMPLE)),
            ("candlecloud", "grid", len(grid)),
        )
    ]
    return (
        f"{describe(series, '1h')}\n\n{found.equal} of {found.sets} sets have the same trades as the reference engine; "
        f"returns differ by at most {found.worst['total_return']:.1e}\n\n"
        + table(("engine", "sets", "CPU ns per bar and set"), rows)
    )
