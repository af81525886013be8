"""``python -m infra.kernels``: compile what changed, for this machine, next to the sources."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.kernels.build import WORK_FOLDER, Outcome, build_kernels
from infra.kernels.sources import PYTHON_FOLDER, find_kernels
from infra.kernels.toolchain import host_processor


def main(argv: Sequence[str] | None = None, *, folder: Path = PYTHON_FOLDER, work_folder: Path = WORK_FOLDER) -> int:
    """Build; a failure is only told, unless ``--require`` was said."""
    parser = argparse.ArgumentParser(prog="python -m infra.kernels", description=__doc__)
    parser.add_argument("--require", action="store_true", help="fail when a kernel can't be compiled")
    parser.add_argument("--remove", action="store_true", help="remove the compiled files: run the sources, slowly")
    arguments = parser.parse_args(argv)
    if arguments.remove:
        for kernel in find_kernels(folder):
            kernel.library().unlink(missing_ok=True)
        return 0
    outcome = build_kernels(host_processor(), _say, folder=folder, work_folder=work_folder)
    if not outcome.failures:
        if outcome.built:
            _say(f"kernels: {len(outcome.built)} compiled, {len(outcome.kept)} unchanged")
        return 0
    _say(_explain(outcome))
    return int(arguments.require)


def _explain(outcome: Outcome) -> str:
    """Say why, once per reason, and what follows from it."""
    names: dict[str, list[str]] = {}
    for name, why in outcome.failures.items():
        names.setdefault(why, []).append(name.rpartition(".")[2])
    lines = [f"Not compiled: {', '.join(kernels)}: {why}" for why, kernels in names.items()]
    return "\n".join(
        [
            *lines,
            "What is not compiled runs as plain Python: the same numbers, hundreds to thousands of times slower.",
            "`.venv/bin/python -m infra.kernels` tries again.",
        ]
    )


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
