"""Compiled kernels of the core layer, for the processor of the target."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from infra.bundle.platforms import Target
from infra.kernels.build import WORK_FOLDER, build_kernels
from infra.kernels.sources import SUFFIX
from infra.kernels.toolchain import LAMBDA_ARM64, LAMBDA_X86_64, BuildError, Processor, host_processor


def install_kernels(python: Path, target: Target, say: Callable[[str], None]) -> int:
    """Compile what changed since the last bundle and copy all of it beside the sources of a layer; gives how many.

    Raises
    ------
    BuildError
        When a kernel can't be compiled, with the reason.
    """
    processor = bundle_processor(target)
    libraries = WORK_FOLDER / processor.name / "python"
    outcome = build_kernels(processor, say, into=libraries)
    for name, why in outcome.failures.items():
        raise BuildError(f"{name}: {why}")
    made = sorted(libraries.rglob(f"*{SUFFIX}"))
    for library in made:
        shutil.copyfile(library, python / library.relative_to(libraries))
    size = sum(library.stat().st_size for library in made)
    say(f"  {len(made)} kernels for {target.machine}, {size / 1e6:.2f} MB")
    return len(made)


def bundle_processor(target: Target) -> Processor:
    """Return what Lambda has, or for a trial on this machine what this machine has, with Lambda's C library."""
    shipped = {"aarch64": LAMBDA_ARM64, "x86_64": LAMBDA_X86_64}[target.machine]
    if target.name != "host":
        return shipped
    ours = tuple(flag for flag in host_processor().flags if flag.startswith("-mcpu="))
    return Processor(f"{target.machine}-trial", (*shipped.flags[:2], *(ours or ("-mcpu=generic",))))
