"""Wheels of one layer: hash-checked, for the target's platform, unpacked into a folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from infra.bundle.locks import DEV_LOCK
from infra.bundle.platforms import Target
from infra.function_spec import PYTHON

RUNTIME_PACKAGES = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
"""What Lambda's Python runtime brings along."""


def install_wheels(requirements: Path, folder: Path, target: Target) -> None:
    """Unpack every wheel of a hash-pinned list.

    Raises
    ------
    subprocess.CalledProcessError
        When a wheel is missing for the platform or has another hash; pip says which.
    """
    platforms = [word for tag in target.tags for word in ("--platform", tag)]
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"),
            *("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"),
            *("--implementation", "cp", "--python-version", PYTHON, *platforms),
            *("--target", str(folder), "--requirement", str(requirements)),
        ],
        check=True,
    )


def runtime_requirements(folder: Path) -> Path:
    """Cut the lines of the packages that Lambda brings out of the development lock."""
    path = folder / "runtime-requirements.txt"
    path.write_text("".join(_pins(DEV_LOCK.read_text(), RUNTIME_PACKAGES)))
    return path


def _pins(lock: str, packages: Sequence[str]) -> list[str]:
    lines: list[str] = []
    wanted = False
    for line in lock.splitlines(keepends=True):
        if line[:1].isalnum():
            wanted = line.split("==")[0] in packages
        if wanted and not line.lstrip().startswith("#"):
            lines.append(line)
    return lines
