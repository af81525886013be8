"""CPU ms that a fresh process spends on importing each function's handler, and on its first settings and first config.

With the folder of another checkout, ``python -m tests.evidence.cold_imports TREE``, beside the same of that one. It is
run by this interpreter, with no compiled kernels but its own. Runs of both take turns, so that a busy machine slows
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
# Imports what Lambda imports; then does what an invocation begins with: reads its settings, and the config of a record.
PROBE = """
import time
started = time.process_time()
import sys
sys.path.insert(0, sys.argv[1])
import handler
imported = time.process_time()
from importlib.util import find_spec
from candlecloud.wiring import world_of
world_of(sys.argv[2])
config = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "start": "2024-01-01", "end": "2025-01-01",
          "strategy": "dual_sma"}
if sys.argv[3] != "-":
    package = "contract" if find_spec("candlecloud.contract") else "runs"  # where older checkouts keep them
    if sys.argv[3] == "sweep":
        module = __import__(f"candlecloud.{package}.sweep", fromlist=["SweepConfig"])
        module.SweepConfig.from_dict(config | {"grid": {"fast": [5, 10], "slow": [20, 30]}})
    else:
        module = __import__(f"candlecloud.{package}.{'run' if package == 'contract' else 'config'}", fromlist=["_"])
        module.RunConfig.from_dict(config | {"parameters": {"fast": 5, "slow": 20}})
print(imported - started, time.process_time() - started)
"""
CONFIGS = {
    "api": "run",
    "collect_sweep": "sweep",
    "plan_sweep": "sweep",
    "preview_series": "run",
    "run_backtest": "run",
    "run_sweep_batch": "sweep",
}
ENVIRONMENT = {
    "BUCKET": "lake",
    "TABLE": "index",
    "FUNCTIONS": '{"run_backtest": "run_backtest"}',
    "STATE_MACHINE_ARN": "arn",
    "SWEEP_STATE_MACHINE_ARN": "arn",
    "RUN_FUNCTION": "run_backtest",
    "BACKFILL_FUNCTION": "backfill_candles",
    "PREVIEW_FUNCTION": "preview_series",
}


def functions(tree: Path) -> list[str]:
    """Names of the functions of a checkout."""
    return sorted(path.parent.name for path in (tree / "functions").glob("*/handler.py"))


def cold_import(tree: Path, function: str) -> tuple[float, float]:
    """CPU ms of one fresh process: importing the handler; that, and its first settings and config."""
    paths = os.pathsep.join([str(tree / "layers" / "core" / "python"), str(tree)])
    settings = {f"CANDLECLOUD_{name}": value for name, value in ENVIRONMENT.items()}
    command = [sys.executable, "-c", PROBE, str(tree / "functions" / function), function, CONFIGS.get(function, "-")]
    environment = os.environ | settings | {"PYTHONPATH": paths}
    done = subprocess.run(command, cwd=tree, env=environment, check=True, text=True, stdout=subprocess.PIPE)
    imported, used = map(float, done.stdout.split())
    return imported * 1000, used * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", nargs="?", type=Path, help="another checkout to compare with")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", nargs="*", help="functions to measure; default all")
    given = parser.parse_args()
    trees = [ROOT] if given.tree is None else [given.tree.resolve(), ROOT]
    present = {tree: functions(tree) for tree in trees}
    print("CPU ms: import / import, first settings and config\n")
    print("| function | " + " | ".join(map(str, trees)) + " |\n|---|" + "---:|" * len(trees))
    for function in given.only or present[ROOT]:
        taken: dict[Path, list[tuple[float, float]]] = defaultdict(list)
        for run in range(-1, given.runs):  # the first of each writes bytecode and counts for nothing
            for tree in trees:
                if function in present[tree]:
                    took = cold_import(tree, function)
                    taken[tree] += [took] if run >= 0 else []
        cells = [" / ".join(f"{median(part):.0f}" for part in zip(*taken[tree], strict=True)) or "-" for tree in trees]
        print(f"| {function} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
