"""Send what a handler prints to a file of its own, whichever thread it runs in.

Handlers log JSON lines to standard output, which on Lambda is CloudWatch's. Here it would tear the progress bars,
so standard output is replaced by a stream that knows which function the current thread is running.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TextIO

_sink: ContextVar[Callable[[str], None] | None] = ContextVar("sink", default=None)


class _Router(io.TextIOBase):
    """A standard output that follows the thread. One for the process: loggers keep the stream they were born with."""

    def __init__(self) -> None:
        self.original: TextIO = sys.stdout

    def write(self, text: str) -> int:
        sink = _sink.get()
        if sink is None:
            return self.original.write(text)
        sink(text)
        return len(text)

    def flush(self) -> None:
        self.original.flush()

    def isatty(self) -> bool:
        return self.original.isatty()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.original.encoding


_router = _Router()


class InvocationLogs:
    """Log files of one platform.

    Parameters
    ----------
    folder
        Gets one ``<function>.log`` each, written anew; None drops what handlers print.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._files: dict[str, TextIO] = {}
        self._lock = threading.Lock()

    def install(self) -> None:
        """Put the routing stream in the place of ``sys.stdout``."""
        if sys.stdout is not _router:
            _router.original, sys.stdout = sys.stdout, _router

    def uninstall(self) -> None:
        """Give ``sys.stdout`` back and close the files."""
        if sys.stdout is _router:
            sys.stdout = _router.original
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()

    @contextmanager
    def of(self, function: str) -> Iterator[None]:
        """Everything printed inside belongs to `function`."""
        token = _sink.set(lambda text: self._write(function, text))
        try:
            yield
        finally:
            _sink.reset(token)

    def _write(self, function: str, text: str) -> None:
        if self._folder is None:
            return
        with self._lock:
            if function not in self._files:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._files[function] = (self._folder / f"{function}.log").open("w", buffering=1)
            self._files[function].write(text)
