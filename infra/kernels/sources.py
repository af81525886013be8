"""What there is to compile, and what each kernel depends on."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.context import ROOT

PYTHON_FOLDER = ROOT / "layers" / "core" / "python"
"""What stands on the path: the folder above the package."""
SUFFIX = ".abi3.so"
"""One file for CPython 3.11 and every later 3.x."""
_CIMPORTS = re.compile(r"^\s*(?:from\s+(candlecloud[\w.]*)\s+cimport|cimport\s+(candlecloud[\w.]*))", re.MULTILINE)


@dataclass(frozen=True)
class Kernel:
    """One module to compile.

    Attributes
    ----------
    name
        Dotted, such as ``candlecloud.backtest.kernels.vectorised_engine``.
    folder
        The folder that stands on the path.
    """

    name: str
    folder: Path

    @property
    def source(self) -> Path:
        return self._path.with_suffix(".py")

    @property
    def declarations(self) -> Path:
        return self._path.with_suffix(".pxd")

    def library(self, folder: Path | None = None) -> Path:
        """Return where the compiled module belongs: beside the source, or at its place below another folder."""
        return (folder or self.folder) / Path(*self.name.split(".")).with_suffix(SUFFIX)

    @property
    def _path(self) -> Path:
        return self.folder / Path(*self.name.split("."))


def find_kernels(folder: Path = PYTHON_FOLDER) -> list[Kernel]:
    """Find every ``X.pxd`` below the package that has an ``X.py`` beside it, by name."""
    declared = sorted((folder / "candlecloud").rglob("*.pxd"))
    return [
        Kernel(".".join(path.relative_to(folder).with_suffix("").parts), folder)
        for path in declared
        if path.with_suffix(".py").exists()
    ]


def orphans(folder: Path = PYTHON_FOLDER, into: Path | None = None) -> list[Path]:
    """Find compiled modules whose sources are gone: Python would import them all the same."""
    wanted = {kernel.library(into) for kernel in find_kernels(folder)}
    return [path for path in sorted(((into or folder) / "candlecloud").rglob(f"*{SUFFIX}")) if path not in wanted]


def digest(kernel: Kernel, recipe: Sequence[str]) -> str:
    """Hash all that decides a compiled kernel: both its files, the declarations that it reads, and the recipe."""
    hashed = hashlib.sha256("\0".join(recipe).encode())
    for path in (kernel.source, *sorted(declarations_read(kernel))):
        hashed.update(f"\0{path.relative_to(kernel.folder).as_posix()}\0".encode() + path.read_bytes())
    return hashed.hexdigest()


def declarations_read(kernel: Kernel) -> set[Path]:
    """Collect a kernel's own ``.pxd`` and those of ours that it names, however far away."""
    return _declarations(kernel.declarations, kernel.folder, set())


def _declarations(path: Path, folder: Path, seen: set[Path]) -> set[Path]:
    if path not in seen:
        seen.add(path)
        for other in _read_by(path, folder):
            _declarations(other, folder, seen)
    return seen


def _read_by(path: Path, folder: Path) -> Iterator[Path]:
    """Follow ``cimport`` of our own modules; ``from package cimport module`` names all declarations of the package."""
    for names in _CIMPORTS.findall(path.read_text()):
        place = folder / Path(*(names[0] or names[1]).split("."))
        if place.is_dir():
            yield from place.glob("*.pxd")
        elif place.with_suffix(".pxd").exists():
            yield place.with_suffix(".pxd")
