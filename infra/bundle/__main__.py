"""``python -m infra.bundle``: build for Lambda, measure, fail above budget; ``--platform host``: build for this machine
and run every handler from it."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence

from infra.bundle.build import build
from infra.bundle.interpreter import find_interpreter
from infra.bundle.libraries import ForeignLibraryError
from infra.bundle.measure import measure, size_table
from infra.bundle.platforms import UnsupportedHostError, host_target, lambda_target
from infra.catalogue import PYTHON


def main(argv: Sequence[str] | None = None) -> int:
    """Build one bundle; 1 when it does not fit, or does not run."""
    parser = argparse.ArgumentParser(prog="python -m infra.bundle", description=__doc__)
    parser.add_argument("--platform", choices=("lambda", "host"), default="lambda", help="what to build for")
    parser.add_argument("--no-run", action="store_true", help="with --platform host: build and measure only")
    arguments = parser.parse_args(argv)
    try:
        target = host_target() if arguments.platform == "host" else lambda_target()
    except UnsupportedHostError as error:
        return _fail(str(error))
    interpreter = find_interpreter()
    if interpreter is None:
        _say(
            f"No Python {PYTHON} on this machine (looked on PATH, in pyenv and in uv): the bundle ships without byte "
            "code, and its cold starts take two to five times as long. It works all the same."
        )
    started = time.monotonic()
    try:
        build(target, interpreter, _say)
    except (subprocess.CalledProcessError, ForeignLibraryError) as error:
        return _fail(f"building for {target.name} failed: {error}")
    sizes = measure(target.folder)
    print(f"\n{target.name} ({target.machine}), Python {PYTHON}, {time.monotonic() - started:.0f} s")
    print(size_table(sizes))
    if arguments.platform == "lambda" and not all(size.fits for size in sizes):
        return _fail("a function is above budget: trim a layer (infra/bundle/trim.py) or take one away")
    if arguments.platform == "host" and not arguments.no_run:
        if interpreter is None:
            return _fail(f"to run the handlers from the bundle, install Python {PYTHON}")
        from infra.bundle.try_out import try_out

        return try_out(target, interpreter)
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


def _fail(line: str) -> int:
    print(line, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
