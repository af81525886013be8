"""Locks: ``python -m infra.bundle.locks`` resolves ``locks/dev.txt`` and every ``layers/<name>/requirements.txt`` anew.

A layer is resolved for Lambda's Python and processor within the versions of the development lock, so that what was
tested is what ships. It leaves out what another layer of the same function or the Lambda runtime holds, and what is
never imported there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from infra.context import ROOT
from infra.function_spec import PYTHON

DEV_LOCK = ROOT / "locks" / "dev.txt"
_EXTRAS = ("local", "kernels", "infra", "dev")

LEFT_OUT: Mapping[str, Sequence[str]] = {
    "edge": (
        # In the runtime beside boto3
        "jmespath",
    ),
    "web": (
        # In layer edge, without which web makes no sense
        "annotated-types",
        "pydantic",
        "pydantic-core",
        "typing-extensions",
        "typing-inspection",
    ),
    "exchange": (
        # In layer edge
        "typing-extensions",
        # Only for ccxt's asynchronous half
        "aiohappyeyeballs",
        "aiohttp",
        "aiohttp-fast-zlib",
        "aiosignal",
        "attrs",
        "frozenlist",
        "multidict",
        "propcache",
        "uvloop",
        "yarl",
        "zlib-ng",
        # Only for signing orders; nothing here holds a key
        "coincurve",
        # Only for building C extensions
        "pycparser",
    ),
}
"""Layer to packages that its resolution names and that it does not carry."""
LAYERS = ("arrow", "edge", "exchange", "numeric", "web")


def main() -> int:
    """Resolve everything; the development lock first, because it bounds the layers."""
    extras = [word for extra in _EXTRAS for word in ("--extra", extra)]
    _compile(["--universal", "--python-version", "3.11", *extras, "pyproject.toml", "-o", "locks/dev.txt"])
    for name in LAYERS:
        folder = f"layers/{name}"
        left_out = [word for package in LEFT_OUT.get(name, ()) for word in ("--no-emit-package", package)]
        _compile(
            [
                *("--python-version", PYTHON, "--python-platform", "aarch64-manylinux_2_28"),
                *("--only-binary", ":all:", "--constraint", "locks/dev.txt"),
                *left_out,
                *(f"{folder}/requirements.in", "-o", f"{folder}/requirements.txt"),
            ]
        )
    return 0


def _compile(arguments: Sequence[str]) -> None:
    """Run uv; without registry addresses in the file, and without fetching an interpreter."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--generate-hashes", "--no-emit-index-url"]
    header = "make lock"
    print("resolving", arguments[-1])
    subprocess.run(
        [*command, "--custom-compile-command", header, *arguments],
        check=True,
        cwd=ROOT,
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
    )


if __name__ == "__main__":
    sys.exit(main())
