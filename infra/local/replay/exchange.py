"""The replay exchange: the market behind one loopback address."""

import threading
from pathlib import Path
from types import TracebackType

from infra.local.replay.market import DEFAULT_CLOCK, ReplayMarket
from infra.local.replay.server import ReplayServer, venue_urls


class ReplayExchange(ReplayMarket):
    """A market on loopback that unmodified ccxt talks to. Use it as a context manager, or call ``start`` and ``stop``.

    Takes what `ReplayMarket` takes.
    """

    def __init__(self, clock: int | str = DEFAULT_CLOCK, rate: float = 0.0, folder: Path | None = None) -> None:
        super().__init__(clock, rate, folder)
        self._server: ReplayServer | None = None

    def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 (port 0 = any free one) and return the base URL."""
        if self._server is None:
            self._server = ReplayServer(port, self)
            # A short poll makes stop() quick; accepting a connection does not wait for it.
            threading.Thread(target=self._server.serve_forever, args=(0.05,), name="replay", daemon=True).start()
        return self.base_url

    def stop(self) -> None:
        if self._server is not None:
            self._server.close_all()
            self._server = None

    def __enter__(self) -> "ReplayExchange":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        if self._server is None:
            raise RuntimeError("the replay exchange is not running: call start() or use it in a with block")
        return self._server.url

    def base_urls(self) -> dict[str, str]:
        """Return the base URL of each venue, the only setting that ccxt needs changed."""
        return venue_urls(self.base_url)
