"""Cython to C, and zig's C compiler to a library: both are Python packages, no compiler of the system is asked.

Flags: ``-ffp-contract=off`` and no fast-math, so that every processor rounds alike (clang would fuse multiply and add
on ARM); the limited API of CPython 3.11, so that one file serves every later 3.x.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from infra.context import ROOT
from infra.kernels.sources import Kernel

DIRECTIVES = (
    "boundscheck=False",
    "wraparound=False",
    "cdivision=True",
    "initializedcheck=False",
    "annotation_typing=False",  # types stand in the .pxd; annotations are for readers and mypy
)
_C_FLAGS = (
    *("-shared", "-fPIC", "-O3", "-g0", "-s", "-ffp-contract=off", "-fno-fast-math", "-fno-sanitize=undefined"),
    *("-DCYTHON_LIMITED_API=1", "-DPy_LIMITED_API=0x030B0000", "-DNDEBUG"),
    "-DCYTHON_INLINE=inline __attribute__((always_inline))",  # a hint alone leaves the longer ones out
)
_PACKAGES = {"cython": "Cython", "ziglang": "ziglang"}
_LAST_LINES = 12
_ZIG_CACHE = ROOT / "build" / "kernels" / "zig-cache"
"""What zig makes of the C library, once; nothing is written to a home folder."""


class BuildError(RuntimeError):
    """A kernel could not be built; the message says why and what helps."""


@dataclass(frozen=True)
class Processor:
    """What the C compiler is told to build for.

    Attributes
    ----------
    name
        Folder below ``build/kernels``.
    flags
        Target and processor, in zig's words.
    """

    name: str
    flags: tuple[str, ...]


LAMBDA_ARM64 = Processor("aarch64-lambda", ("-target", "aarch64-linux-gnu.2.34", "-mcpu=neoverse_n1"))
"""Graviton2, the oldest that Lambda has, and the C library of Amazon Linux 2023."""
LAMBDA_X86_64 = Processor("x86_64-lambda", ("-target", "x86_64-linux-gnu.2.34", "-mcpu=x86_64_v3"))
_DARWIN = ("-Wl,-undefined,dynamic_lookup",)
"""Python's own symbols are found when it loads the module."""
_CPUINFO = Path("/proc/cpuinfo")


def host_processor(cpuinfo: Path = _CPUINFO) -> Processor:
    """Return this machine, with the vector instructions that it has."""
    system, machine = platform.system().lower(), platform.machine().lower()
    flags: tuple[str, ...] = _DARWIN if system == "darwin" else ()
    if machine == "x86_64":
        has_avx2 = cpuinfo.exists() and " avx2 " in cpuinfo.read_text()
        flags += ("-mcpu=x86_64_v3" if has_avx2 else "-mcpu=x86_64",)
    return Processor(f"{system}-{machine}", flags)


def recipe(processor: Processor) -> list[str]:
    """List all beside the sources that decides a library: versions, directives, flags."""
    return [*(f"{name} {_version(name)}" for name in _PACKAGES), *DIRECTIVES, *_C_FLAGS, *processor.flags]


def check_tools() -> None:
    """Look for all that a build needs.

    Raises
    ------
    BuildError
        With what to install.
    """
    for name in _PACKAGES:
        if _version(name) == "none":
            raise BuildError(
                f"{name} is not installed here (pip install {name}; it may have no wheel for this machine)"
            )
    if not (_include() / "Python.h").exists():
        raise BuildError(
            f"Python.h is not in {_include()} (install your system's python3-dev or python3-devel, "
            "or use a Python of pyenv, uv or python.org)"
        )


def compile_kernel(kernel: Kernel, processor: Processor, work: Path, library: Path) -> None:
    """Compile one kernel; the library appears whole or not at all.

    Raises
    ------
    BuildError
        With the last lines of what the compiler said.
    """
    source = work / f"{kernel.name}.c"
    made = library.with_name(f".{library.name}.{os.getpid()}")
    try:
        _run("Cython", [*_cython(), str(kernel.source.relative_to(kernel.folder)), "-o", str(source)], kernel.folder)
        command = [*("-m", "ziglang", "cc"), *_C_FLAGS, *processor.flags, f"-I{_include()}", source.name]
        _run("the C compiler", [*command, "-o", str(made)], work, ZIG_GLOBAL_CACHE_DIR=str(_ZIG_CACHE))
        os.replace(made, library)
    finally:
        made.unlink(missing_ok=True)


def _cython() -> list[str]:
    options = [word for directive in DIRECTIVES for word in ("-X", directive)]
    return ["-m", "cython", "-3", "--no-c-in-traceback", *options]


def _run(who: str, arguments: Sequence[str], folder: Path, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise BuildError(f"{who} says:\n    " + "\n    ".join(said[-_LAST_LINES:]))


def _include() -> Path:
    return Path(sysconfig.get_paths()["include"])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
