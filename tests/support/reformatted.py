"""Source that says the same and looks otherwise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path


def reformat(folder: Path, *options: str) -> str:
    """Run ``ruff format`` over a folder, with none of our settings; what it says."""
    beside = Path(sys.executable).with_name("ruff")
    ruff = str(beside) if beside.exists() else shutil.which("ruff")
    assert ruff is not None
    command = [ruff, "format", "--isolated", "--no-cache", "--target-version=py311", *options, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
