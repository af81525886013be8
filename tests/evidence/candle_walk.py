"""The walk of a candle from its schedule to the lake, as it is seen at run time: `ingest_candles.run` on moto and the
replay exchange.

Counted are the library's files whose functions run, for one page into an empty series and for five minutes that are
new; and the library's modules that are loaded in the end. Run as a file, so that it also reads an earlier checkout.
"""

from __future__ import annotations

import inspect
import sys
import threading
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

import candlecloud
from candlecloud.jobs import ingest_candles

LIBRARY = Path(candlecloud.__file__).parent
LOADED_BY_THE_JOB = {name for name in sys.modules if name.startswith("candlecloud.")}
EVENT = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1m"}


class Walk:
    """The library's files whose functions run while it is on."""

    def __init__(self) -> None:
        self.files: set[str] = set()

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        # Modules and class bodies run when they are imported: that is no part of the walk.
        if event == "call" and code.co_flags & inspect.CO_OPTIMIZED and code.co_filename.startswith(str(LIBRARY)):
            self.files.add(str(Path(code.co_filename).relative_to(LIBRARY)))

    def __enter__(self) -> Walk:
        threading.setprofile(self)
        sys.setprofile(self)
        return self

    def __exit__(self, *_error: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)


def main() -> None:
    """Ingest twice on one clock, and print what ran."""
    from infra.local.replay import ReplayExchange
    from infra.local.replay.clock import parse_time
    from tests.support.cloud import embedded_stores
    from tests.support.contexts import context
    from tests.support.ingestion import SkippingTime, client

    waits, walks = SkippingTime(), {}
    with embedded_stores() as stores, ReplayExchange() as market, closing(client(market, waits=waits)) as exchange:
        market.set_clock(parse_time("2025-08-18T12:00:30Z"))
        for subject, slot in (("a first page", "2025-08-18T12:00:00Z"), ("what is new", "2025-08-18T12:05:00Z")):
            request = ingest_candles.Request.from_event({**EVENT, "scheduled_at": slot})
            with Walk() as walks[subject]:
                ingest_candles.run(request, context(stores, exchange, clock=waits.clock))
            market.advance(300_000)
    for subject, walk in walks.items():
        print(f"a candle from its schedule to the lake, {subject}: {len(walk.files)} files")
        if "--names" in sys.argv[1:]:
            print("  " + "\n  ".join(sorted(walk.files)))
    packages = {name.rpartition(".")[0] for name in LOADED_BY_THE_JOB}
    print(f"modules that the job imports: {len(LOADED_BY_THE_JOB - packages)}")


if __name__ == "__main__":
    main()
