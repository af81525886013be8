"""``python -m infra.bundle``: build for Lambda, measure, fail above budget; then the same for this machine, and run."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from infra.bundle.build import build
from infra.bundle.interpreter import find_interpreter
from infra.bundle.libraries import ForeignLibraryError
from infra.bundle.measure import measure, size_table
from infra.bundle.platforms import Target, UnsupportedHostError, host_target, lambda_target
from infra.function_spec import PYTHON
from infra.kernels.toolchain import BuildError


def main(argv: Sequence[str] | None = None) -> int:
    """Build the bundles; 1 when one can't be built, does not fit, or does not run."""
    parser = argparse.ArgumentParser(prog="python -m infra.bundle", description=__doc__)
    parser.add_argument(
        "--platform", choices=("all", "lambda", "host"), default="all", help="lambda: what ships; host: try it out here"
    )
    arguments = parser.parse_args(argv)
    interpreter = find_interpreter()
    if interpreter is None:
        _say(
            f"No Python {PYTHON} on this machine (looked on PATH, in pyenv and in uv): the bundle ships without byte "
            "code, and its cold starts take two to five times as long. It works all the same."
        )
    try:
        if arguments.platform != "host" and not _build_for_lambda(interpreter):
            return _fail("a function is above budget: trim a layer (infra/bundle/trim.py) or take one away")
        if arguments.platform == "lambda":
            return 0
        return _try_out_here(interpreter, required=arguments.platform == "host")
    except (subprocess.CalledProcessError, ForeignLibraryError, BuildError) as error:
        return _fail(f"the bundle could not be built: {error}")


def _build_for_lambda(interpreter: Path | None) -> bool:
    target = lambda_target()
    _build(target, interpreter)
    sizes = measure(target.folder)
    _say(size_table(sizes))
    return all(size.fits for size in sizes)


def _try_out_here(interpreter: Path | None, *, required: bool) -> int:
    """Run the handlers from a bundle for this machine; where that can't be, say so (and fail if it was asked for)."""
    try:
        target = host_target()
    except UnsupportedHostError as error:
        _say(f"Not tried out: {error}.")
        return int(required)
    if interpreter is None:
        _say(f"Not tried out: that needs a Python {PYTHON} on this machine.")
        return int(required)
    _build(target, interpreter)
    # Only here: it brings moto and the replay exchange along.
    from infra.bundle.try_out import try_out

    return try_out(target, interpreter)


def _build(target: Target, interpreter: Path | None) -> None:
    started = time.monotonic()
    _say(f"\nbuilding for {target.name} ({target.machine}), Python {PYTHON}")
    build(target, interpreter, lambda step: _say(f"  {step}"))
    _say(f"built in {time.monotonic() - started:.0f} s\n")


def _say(line: str) -> None:
    print(line, flush=True)


def _fail(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
