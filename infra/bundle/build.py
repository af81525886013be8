"""Build every layer and function for one platform."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from infra.bundle.byte_code import compile_folder
from infra.bundle.kernels import install_kernels
from infra.bundle.libraries import check_libraries
from infra.bundle.platforms import Target
from infra.bundle.readable import make_readable
from infra.bundle.trim import trim
from infra.bundle.wheels import install_wheels
from infra.context import ROOT
from infra.fingerprint import write_fingerprints
from infra.function_spec import LAYERS
from infra.functions import FUNCTIONS
from infra.kernels.sources import SUFFIX

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.pxd", f"*{SUFFIX}")
"""What stays here: byte code and kernels of this machine, and what only the kernels' compiler reads."""


def build(target: Target, interpreter: Path | None, say: Callable[[str], None]) -> None:
    """Build into the target's folder, from nothing.

    Parameters
    ----------
    interpreter
        Python of the runtime's minor version, for byte code; None ships sources only.
    say
        Called with a line per step.

    Raises
    ------
    BuildError
        When a kernel can't be compiled: plain Python would take a thousand times as long, and Lambda bills by time.
    """
    for part in ("layers", "functions"):
        shutil.rmtree(target.folder / part, ignore_errors=True)
    for name in LAYERS:
        say(f"layer {name}")
        _build_layer(name, target, interpreter, say)
    say("functions")
    for job in FUNCTIONS:
        folder = target.folder / "functions" / job
        shutil.copytree(ROOT / "functions" / job, folder, ignore=_IGNORED)
        if interpreter is not None:
            compile_folder(interpreter, folder, "/var/task")
    for part in ("layers", "functions"):
        make_readable(target.folder / part)
    write_fingerprints(target.folder)


def _build_layer(name: str, target: Target, interpreter: Path | None, say: Callable[[str], None]) -> None:
    layer = target.folder / "layers" / name
    python = layer / "python"  # what Lambda puts on the path of a layer
    if name == "core":
        shutil.copytree(ROOT / "layers" / name / "python", python, ignore=_IGNORED)
        install_kernels(python, target, say)
    else:
        python.mkdir(parents=True)
        install_wheels(ROOT / "layers" / name / "requirements.txt", python, target)
        trim(name, python)
    check_libraries(python, target.machine)
    if interpreter is not None:
        compile_folder(interpreter, layer, "/opt")
