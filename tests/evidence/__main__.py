"""The commands that print what is claimed: ``python -m tests.evidence``; with ``--run``, all of them in turn."""

from __future__ import annotations

import subprocess
import sys
import time

COMMANDS = {
    "tests.evidence.structure": "lines per module, import cycles, files that a sweep request passes through",
    "tests.evidence.bad_requests": "wrong requests: status and what the answer says",
    "tests.evidence.faults": "each fault of the replay exchange during ingestion: what happened, what got stored",
    "tests.evidence.pagination": "ccxt's own pagination and our pager: candles wanted, got",
    "tests.evidence.features": "features beside TA-Lib or their formulas on real hours: greatest relative difference",
    "tests.evidence.look_ahead": "planted leaks caught of 40 seeds, causal signals accused, what the test costs",
    "tests.evidence.metrics": "metrics beside empyrical, scipy, pandas, quantstats on real hours; differences",
    "tests.evidence.volatility_target": "realised over asked volatility of runs with a volatility target",
    "tests.evidence.sweep_bytes": "one sweep on 1 and 2 processes, in batches of 1, 17, 1,000, both orders: SHA-256",
    "tests.evidence.sweep_pages": "100,000 rows collected and paged: ms, peak MB, requests and bytes read",
    "tests.evidence.kill": "an ingesting process killed 20 times: rows lost, doubled, torn, index true",
    "tests.evidence.cold_imports": "CPU ms that each handler's import takes, and its first use",
    "tests.evidence.estimates": "what a parameter set takes, beside the estimate by which sweeps are cut and refused",
    "infra.app --snapshot": "resources, cdk-nag findings, '*' in policies (needs Node)",
    "infra.bundle": "sizes against the limit, every handler in a bare interpreter (a minute or two)",
}


def main() -> int:
    if "--run" not in sys.argv[1:]:
        for command, shows in COMMANDS.items():
            print(f"python -m {command:28} {shows}")
        print("\nAll of them, one after another: python -m tests.evidence --run")
        return 0
    status = 0
    for command, shows in COMMANDS.items():
        print(f"\n== python -m {command}: {shows}", flush=True)
        started = time.monotonic()
        status |= subprocess.run([sys.executable, "-m", *command.split()], check=False).returncode
        print(f"({time.monotonic() - started:.0f} s)", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
