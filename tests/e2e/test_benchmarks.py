"""The smoke test of the benchmarks runs where the peers are not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_quick_compares_with_the_reference_and_prints_figures() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "12 of 12 sets have the same trades as the reference engine" in done.stdout
    figures = [line.split("|")[-2].strip() for line in done.stdout.splitlines() if line.startswith("| candlecloud")]
    assert len(figures) == 2
    assert all(float(value) > 0.0 for value in figures)
