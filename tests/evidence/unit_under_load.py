"""The unit tests again and again beside two busy loops: which of them fail now and then, and what a run takes."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from contextlib import ExitStack

from infra.context import ROOT

RUNS = 10
UNIT = ("-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal", "-p", "no:cacheprovider", "tests/unit")


def main() -> int:
    """Run them as `make unit` does; one line per run with what failed, 1 when anything did."""
    runs = int(sys.argv[1]) if sys.argv[1:] else RUNS
    flaky: set[str] = set()
    with ExitStack() as stack:
        for _ in range(2):
            busy = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(busy.kill)
        for number in range(1, runs + 1):
            started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run([sys.executable, *UNIT], cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            lines = done.stdout.splitlines()
            failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
            flaky.update(failed)
            seed = next((line for line in lines if "random seed" in line), "")
            took = f"{time.perf_counter() - started:.0f} s, {cpu:.0f} s of CPU"
            print(
                f"run {number}: {took}, exit {done.returncode}: {lines[-1] if lines else 'no output'} {seed}",
                flush=True,
            )
            print("\n".join(failed), end="\n" if failed else "", flush=True)
            if done.returncode and not failed:
                flaky.add(f"exit {done.returncode}")
    print(f"{runs} runs: {sorted(flaky) or 'no flake'}")
    return int(bool(flaky))


if __name__ == "__main__":
    sys.exit(main())
