"""candlecloud's worker: arrays in, five numbers per parameter set out."""

from __future__ import annotations

from benchmarks import reference, sweep
from benchmarks.protocol import Columns, serve


def nothing(_series: Columns) -> None:
    """Only to ask how much memory the process has taken so far."""


if __name__ == "__main__":
    serve({"candlecloud": sweep.sweep, "reference": reference.sweep, "nothing": nothing})
