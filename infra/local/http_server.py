"""uvicorn in a thread, on loopback and nowhere else."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Any

import uvicorn

HOST = "127.0.0.1"
START_TIMEOUT_S = 10.0


class PortInUseError(RuntimeError):
    """Another program has the port; the message says what to do."""


class HttpServer:
    """Serves an ASGI application for as long as the context lasts.

    Parameters
    ----------
    app
        ASGI application.
    address
        Bound socket, from `bind`; closed at the end.
    """

    def __init__(self, app: Any, address: socket.socket) -> None:
        self._socket = address
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=5)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="http", daemon=True
        )

    @property
    def url(self) -> str:
        """Address without a trailing slash."""
        return f"http://{HOST}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> HttpServer:
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the HTTP server did not start")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=START_TIMEOUT_S)
        self._socket.close()


def bind(port: int) -> socket.socket:
    """Take a port on loopback; 0 takes a free one.

    Raises
    ------
    PortInUseError
        When the port is taken.
    """
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((HOST, port))
        taken.listen()
    except OSError as error:
        taken.close()
        raise PortInUseError(
            f"port {port} on {HOST} is not free ({error.strerror}); stop what uses it or give another with --port"
        ) from error
    return taken
