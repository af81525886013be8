"""Byte code beside the sources: Lambda's disk is read-only, so without it every cold start compiles everything."""

from __future__ import annotations

import subprocess
from pathlib import Path


def compile_folder(interpreter: Path, folder: Path, shown_as: str) -> None:
    """Compile every module below a folder.

    The files are checked against nothing at import (unchecked-hash): no time stamp has to survive zip and S3.

    Parameters
    ----------
    shown_as
        Path in tracebacks: where Lambda unpacks the folder.

    Raises
    ------
    subprocess.CalledProcessError
        When a module does not compile.
    """
    subprocess.run(
        [
            *(interpreter, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"),
            *("-s", folder, "-p", shown_as, folder),
        ],
        check=True,
    )
