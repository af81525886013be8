"""Compiled or plain Python: every feature, both engines and the summaries give the same bits."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.kernels.sources import PYTHON_FOLDER, SUFFIX, find_kernels

_PROBE = Path(__file__).parents[1] / "support" / "kernel_probe.py"
_AS_IN_LAMBDA = "import runpy, sys; sys.modules['cython'] = None; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
"""Importing Cython fails, as it does where it is not installed."""


def probe(folder: Path, seed: int) -> dict[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-B", "-W", "error", "-c", _AS_IN_LAMBDA, str(_PROBE), str(seed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    assert all(place.startswith(str(folder)) for place in found["from"])
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_compiled_is_uncompiled_to_the_last_bit(tmp_path: Path, seed: int) -> None:
    """Where nothing could be compiled the two are the same files, which then must be what is imported."""
    made = ".so" if all(kernel.library().exists() for kernel in find_kernels()) else ".py"
    ignored = shutil.ignore_patterns("__pycache__", f"*{SUFFIX}")
    shutil.copytree(PYTHON_FOLDER / "candlecloud", tmp_path / "candlecloud", ignore=ignored)
    plain, compiled = probe(tmp_path, seed), probe(PYTHON_FOLDER, seed)
    assert [Path(place).suffix for place in plain.pop("from")] == [".py"] * 4
    assert [Path(place).suffix for place in compiled.pop("from")] == [".py", made, made, made]
    assert len(set(plain.values())) > 40
    assert {name for name, found in plain.items() if found != compiled[name]} == set()
