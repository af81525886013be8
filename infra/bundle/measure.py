"""Sizes against Lambda's limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.functions import FUNCTIONS

LIMIT_BYTES = 262_144_000
"""A function and its layers, unzipped."""
BUDGET = 0.60
"""Share of the limit that one function may fill."""


@dataclass(frozen=True)
class FunctionSize:
    """What one function unzips to.

    Attributes
    ----------
    parts
        Bytes by layer; the function's own code under ``code``.
    """

    job: str
    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    @property
    def share(self) -> float:
        return self.total / LIMIT_BYTES

    @property
    def fits(self) -> bool:
        return self.share <= BUDGET


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() or path.is_symlink())


def measure(build: Path) -> list[FunctionSize]:
    """Measure every function of a build."""
    layers = {path.name: folder_size(path) for path in (build / "layers").iterdir() if path.is_dir()}
    return [
        FunctionSize(
            job, {**{name: layers[name] for name in spec.layers}, "code": folder_size(build / "functions" / job)}
        )
        for job, spec in FUNCTIONS.items()
    ]


def size_table(sizes: list[FunctionSize]) -> str:
    """Write the table function, unzipped, share of the limit, layers."""
    lines = [f"{'function':<17} {'unzipped MB':>11} {'of limit':>9}  layers (MB)"]
    for size in sizes:
        parts = " ".join(f"{name} {bytes_ / 1e6:.1f}" for name, bytes_ in size.parts.items() if name != "code")
        mark = "" if size.fits else f"  above {BUDGET:.0%}"
        lines.append(f"{size.job:<17} {size.total / 1e6:>11.1f} {size.share:>9.1%}  {parts}{mark}")
    return "\n".join(lines)
