"""A venue on loopback that answers Binance's paths of rows as a script says: for behaviour that no recording has."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MINUTE, DAY = 60_000, 86_400_000
# From the parameters startTime, endTime, limit: the rows, or raw text to send as it is.
Script = Callable[[int, int, int], list[Any] | str]


def candle_row(open_time: int, step: int = MINUTE) -> list[Any]:
    """A Binance row whose values depend on its time only, and move little from one to the next."""
    tick = open_time // step
    price = 50_000 + tick % 97 - tick % 31
    prices = [f"{value}.50000000" for value in (price, price + 3, price - 3, price + 1)]
    return [open_time, *prices, "12.50000000", open_time + step - 1, f"{price * 12}.5", tick % 500, None, None, "0"]


class ScriptedVenue:
    """What the script answers, the clock of the venue, and what it was asked."""

    def __init__(self, script: Script, now: int, quote: float | None = None) -> None:
        self.script = script
        self.now = now
        self.quote = quote
        self.asked: list[tuple[int, int, int]] = []
        self.base_url = ""

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, str]:
        if path.endswith("/time"):
            return 200, json.dumps({"serverTime": self.now})
        if path.endswith("/ticker/24hr") and self.quote is not None:
            return 200, json.dumps({"symbol": query["symbol"], "lastPrice": str(self.quote), "closeTime": self.now})
        if not path.endswith(("/klines", "/fundingRate")):
            return 400, json.dumps({"code": -1121, "msg": "Invalid symbol."})
        asked = (int(query["startTime"]), int(query["endTime"]), int(query["limit"]))
        self.asked.append(asked)
        rows = self._days(asked[0], asked[1]) if query.get("interval") == "1d" else self.script(*asked)
        return 200, rows if isinstance(rows, str) else json.dumps(rows)

    def _days(self, start: int, end: int) -> list[Any]:
        """Daily rows of what the script says of the minutes, as far as it says anything."""
        days = range(start // DAY * DAY, end, DAY)
        minutes = [(day, self.script(day, day + DAY - 1, 1440)) for day in days]
        return [day_of(rows, day) for day, rows in minutes if isinstance(rows, list) and rows]


def day_of(rows: list[Any], day: int) -> list[Any]:
    """The daily row of some minutes."""
    opened, closed = rows[0][1], rows[-1][4]
    high, low = max((row[2] for row in rows), key=float), min((row[3] for row in rows), key=float)
    return [day, opened, high, low, closed, "1", day + DAY - 1, "1", len(rows), None, None, "0"]


def market_of(open_times: list[int], step: int = MINUTE) -> Script:
    """A venue that behaves: these candles, by window, oldest first, at most `limit`."""

    def script(start: int, end: int, limit: int) -> list[Any]:
        return [candle_row(time, step) for time in open_times if start <= time <= end][:limit]

    return script


@contextmanager
def scripted_venue(script: Script, now: int, quote: float | None = None) -> Iterator[ScriptedVenue]:
    """Serve a script until the block ends; `quote` is the price of the 24h ticker, if the venue is to have one."""
    venue = ScriptedVenue(script, now, quote)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, text = venue.answer(parts.path, query)
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    venue.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield venue
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
