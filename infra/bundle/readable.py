"""Files that Lambda may read: its process is another user than the one that built them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_READ = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
_ENTER = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def make_readable(folder: Path) -> None:
    """Let everybody read a folder, as ``chmod -R a+rX`` does: a strict umask goes into the zip file otherwise."""
    for root, _, names in os.walk(folder):
        _allow(Path(root), _READ | _ENTER)
        for name in names:
            path = Path(root) / name
            if not path.is_symlink():
                runs = path.stat().st_mode & _ENTER
                _allow(path, _READ | (_ENTER if runs else 0))


def _allow(path: Path, bits: int) -> None:
    path.chmod(path.stat().st_mode | bits)
