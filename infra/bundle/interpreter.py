"""Find an interpreter of the runtime's minor version: byte code is only good for its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.function_spec import PYTHON

_WHO = "import sys; print('%d.%d' % sys.version_info[:2])"


def find_interpreter(version: str = PYTHON) -> Path | None:
    """Look on PATH, among pyenv's versions, and where uv keeps its own; None when there is none."""
    for candidate in _candidates(version):
        if _answers(candidate, version):
            return candidate
    return None


def _candidates(version: str) -> Iterator[Path]:
    yield Path(sys.executable)
    name = f"python{version}"
    if found := shutil.which(name):
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}*/bin/{name}"), reverse=True)
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local" / "share" / "uv" / "python"))
    yield from sorted(uv.glob(f"cpython-{version}*/bin/{name}"), reverse=True)


def _answers(candidate: Path, version: str) -> bool:
    """Ask, because pyenv puts a shim on PATH for versions that are not in use."""
    try:
        answer = subprocess.run([candidate, "-c", _WHO], capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == version
