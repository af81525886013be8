"""``python -m infra.demo``: recorded candles in, backtest and sweep out, a report at the end."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.demo.play import run_demo
from infra.local.cli import FOLDER, run_command
from infra.local.progress import Steps

REPORT = FOLDER / "report.html"


def main(arguments: list[str] | None = None) -> int:
    """Run the demo and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.demo", description=__doc__)
    parser.add_argument("--report", type=Path, default=REPORT, help=f"file to write (default {REPORT})")
    report = parser.parse_args(arguments).report
    return run_command(lambda: _demo(report))


def _demo(report: Path) -> int:
    steps = Steps()
    run_demo(report, steps, logs=FOLDER / "demo-logs")
    steps.console.print(f"\nReport: [bold]{report}[/bold]  [dim]({steps.seconds:.0f} s in all)[/dim]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
