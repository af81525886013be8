"""Whether ``build/`` still is what the sources say: a stale layer must not be deployed in silence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from infra.catalogue import FUNCTIONS, LAYERS
from infra.context import ROOT

_FILE = "sources.json"
_MADE = (".pyc", ".so")
"""Made from sources here, and never shipped: a bundle compiles its own."""


def write_fingerprints(build: Path) -> None:
    """Note what a build was made from."""
    (build / _FILE).write_text(json.dumps(_fingerprints(), indent=1))


def stale_parts(build: Path) -> list[str]:
    """Name the layers and functions whose sources changed since they were built; all of them if nothing was."""
    now = _fingerprints()
    path = build / _FILE
    built = json.loads(path.read_text()) if path.exists() else {}
    return sorted(part for part, digest in now.items() if built.get(part) != digest)


def _fingerprints() -> dict[str, str]:
    recipe_digest = _digest(path for room in ("bundle", "kernels") for path in (ROOT / "infra" / room).glob("*.py"))
    parts = {f"functions/{job}": _digest((ROOT / "functions" / job).rglob("*.py")) for job in FUNCTIONS}
    for name in LAYERS:
        folder = ROOT / "layers" / name
        sources = (folder / "python").rglob("*") if name == "core" else [folder / "requirements.txt"]
        parts[f"layers/{name}"] = recipe_digest + _digest(path for path in sources if path.suffix not in _MADE)
    return parts


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
