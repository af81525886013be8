"""The loopback HTTP server: one address, one path prefix per venue, keep-alive, one thread per connection."""

import json
import select
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from infra.local.replay import control
from infra.local.replay.market import ReplayMarket
from infra.local.replay.venues import find_venues
from infra.local.replay.wire import Response, json_response

POLL_S = 0.05


def venue_urls(base_url: str) -> dict[str, str]:
    """Return the address of each venue below that of the server."""
    return {venue: f"{base_url}/{venue}" for venue in find_venues()}


class ReplayServer(ThreadingHTTPServer):
    """Loopback only; threads end with the process, and ``stopping`` ends waits early."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, market: ReplayMarket) -> None:
        self.market = market
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), ReplayHandler)

    @property
    def url(self) -> str:
        """Address without a trailing slash."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close_all(self) -> None:
        """Stop listening and drop every open connection, so that no client talks to a stopped exchange."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.connections.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle of an answer is its own affair; anything else is shown."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class ReplayHandler(BaseHTTPRequestHandler):
    """Turns HTTP into calls of the exchange and of its control endpoints."""

    server: ReplayServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # headers and body leave in one packet

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_DELETE(self) -> None:
        self.answer()

    def answer(self) -> None:
        split = urlsplit(self.path)
        params = dict(parse_qsl(split.query, keep_blank_values=True))
        length = self.headers.get("Content-Length", "0")
        content = self.rfile.read(int(length)) if length.isdigit() else b"?"
        if split.path == control.PREFIX or split.path.startswith(f"{control.PREFIX}/"):
            self.send(self.control(split.path, params, content))
            return
        venue, _, rest = split.path.lstrip("/").partition("/")
        response = self.server.market.respond(venue, f"/{rest}", params)
        if isinstance(response, float):
            self.stay_silent(response)
        else:
            self.send(response)

    def control(self, path: str, params: dict[str, str], content: bytes) -> Response:
        try:
            body = json.loads(content or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return json_response({"error": "the body must be a JSON object"}, 400)
        return control.control(self.server.market, venue_urls(self.server.url), self.command, path, params, body)

    def send(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)
        self.wfile.flush()

    def stay_silent(self, delay_s: float) -> None:
        """Answer nothing until the client goes away, the delay is over, or the server stops; then hang up."""
        self.close_connection = True
        deadline = time.monotonic() + delay_s
        while time.monotonic() < deadline and not self.server.stopping.wait(POLL_S):
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def log_message(
        self,
        format: str,  # noqa: A002 - the parent names it so
        *args: Any,
    ) -> None:
        """Requests are kept in the exchange's own log, not written to the terminal."""
