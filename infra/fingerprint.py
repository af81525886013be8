"""Whether ``build/`` still is what the sources say: a stale layer must not be deployed in silence."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from infra.context import ROOT
from infra.function_spec import LAYERS
from infra.functions import FUNCTIONS

_FILE = "sources.json"
_OURS = ("layers/core/python", "functions")
"""What runs in a function and is ours: a commit says nothing of it where it was changed since."""
_MADE = (".pyc", ".so")
"""Made from sources here, and never shipped: a bundle compiles its own."""


def write_fingerprints(build: Path) -> None:
    """Note what a build was made from: the digest of each part's sources, and the commit."""
    document = {"commit": library_commit(ROOT), "parts": _fingerprints()}
    (build / _FILE).write_text(json.dumps(document, indent=1))


def stale_parts(build: Path) -> list[str]:
    """Name the layers and functions whose sources changed since they were built; all of them if nothing was."""
    now = _fingerprints()
    built = _read(build).get("parts", {})
    return sorted(part for part, digest in now.items() if built.get(part) != digest)


def built_commit(build: Path) -> str | None:
    """The commit that a build was made from; None where it is unknown."""
    commit = _read(build).get("commit")
    return None if commit is None else str(commit)


def library_commit(root: Path) -> str | None:
    """The commit that is checked out; None where git does not know it, or where our code differs from it."""
    git = shutil.which("git")
    if git is None:
        return None

    def ask(*arguments: str) -> str | None:
        done = subprocess.run([git, *arguments], cwd=root, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    return None if ask("status", "--porcelain", "--", *_OURS) != "" else ask("rev-parse", "HEAD")


def _read(build: Path) -> dict[str, Any]:
    path = build / _FILE
    return dict(json.loads(path.read_text())) if path.exists() else {}


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
