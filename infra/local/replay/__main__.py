"""``python -m infra.local.replay``: serve the recorded market until interrupted."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from infra.local.replay.clock import format_time
from infra.local.replay.exchange import ReplayExchange
from infra.local.replay.market import DEFAULT_CLOCK


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.local.replay", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0 = any free one)")
    parser.add_argument("--clock", default=DEFAULT_CLOCK, help="replay time, ISO-8601 or ms UTC (default %(default)s)")
    parser.add_argument("--rate", type=float, default=0.0, help="recorded ms per real ms (default 0: frozen)")
    parser.add_argument("--data", type=Path, default=None, help="folder of recorded files with manifest.json")
    options = parser.parse_args(arguments)
    try:
        exchange = ReplayExchange(options.clock, options.rate, options.data)
        base_url = exchange.start(options.port)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    print(f"replay exchange at {base_url}, clock {format_time(exchange.now())}, control under {base_url}/_replay/")
    for venue, url in exchange.base_urls().items():
        print(f"  {venue}: {url}")
    print("  ccxt: put this in front of the path of every entry of exchange.urls['api'], nothing else", flush=True)
    stop.wait()
    exchange.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
