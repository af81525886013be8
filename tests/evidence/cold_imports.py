"""CPU ms that a fresh process spends on importing each function's handler, and on how its first invocation begins.

That is its settings, its stores with their clients of AWS, and the config of a run or sweep where it reads one. So what
is only imported later counts too.

With the folder of another checkout, ``python -m tests.evidence.cold_imports TREE``, beside the same of that one. It is
run by this interpreter, with the kernels that are compiled there. Runs of both take turns, so that a busy machine slows
both; each figure is the median of ``--runs`` (7).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
PROBE = Path(__file__).with_name("cold_import_probe.py")
ENVIRONMENT = {
    "CANDLECLOUD_BUCKET": "lake",
    "CANDLECLOUD_TABLE": "index",
    "CANDLECLOUD_FUNCTIONS": '{"run_backtest": "run_backtest"}',
    "CANDLECLOUD_STATE_MACHINE_ARN": "arn",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    # Names of 2026-11 and before
    "CANDLECLOUD_SWEEP_STATE_MACHINE_ARN": "arn",
    "CANDLECLOUD_RUN_FUNCTION": "run_backtest",
    "CANDLECLOUD_BACKFILL_FUNCTION": "backfill_candles",
    "CANDLECLOUD_PREVIEW_FUNCTION": "preview_series",
}
BEFORE = {"plan_fan_out": "plan_sweep", "collect_fan_out": "collect_sweep", "fail_fan_out": "fail_sweep"}
"""Function to its name in older checkouts."""


def functions(tree: Path) -> list[str]:
    """Names of the functions of a checkout."""
    return sorted(path.parent.name for path in (tree / "functions").glob("*/handler.py"))


def cold_import(tree: Path, function: str) -> tuple[float, float]:
    """CPU ms of one fresh process: importing the handler; that, and how its first invocation begins."""
    paths = os.pathsep.join([str(tree / "functions" / function), str(tree / "layers" / "core" / "python"), str(tree)])
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": paths}
    command = [sys.executable, str(PROBE), function]
    done = subprocess.run(command, cwd=tree, env=environment, check=True, text=True, stdout=subprocess.PIPE)
    imported, used = map(float, done.stdout.split())
    return imported * 1000, used * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", nargs="?", type=Path, help="another checkout to compare with")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", nargs="+", help="functions to measure; default all")
    given = parser.parse_args()
    trees = [ROOT] if given.tree is None else [given.tree.resolve(), ROOT]
    present = {tree: functions(tree) for tree in trees}
    print("CPU ms: import / import and first use\n")
    print("| function | " + " | ".join(map(str, trees)) + " |\n|---|" + "---:|" * len(trees))
    for function in given.only or present[ROOT]:
        taken: dict[Path, list[tuple[float, float]]] = defaultdict(list)
        for run in range(-1, given.runs):  # the first of each writes bytecode and does not count
            for tree in trees:
                name = function if function in present[tree] else BEFORE.get(function)
                if name in present[tree]:
                    took = cold_import(tree, name)
                    taken[tree] += [took] if run >= 0 else []
        cells = [" / ".join(f"{median(part):.0f}" for part in zip(*taken[tree], strict=True)) or "-" for tree in trees]
        print(f"| {function} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
