"""How many candles does ccxt's own ``paginate`` bring home?

    python -m benchmarks.pagination

Unmodified ccxt against the replay exchange; its idea of "now" is the replay clock, as it would be on the day. Nothing
is wrong at the venue: no fault is on, every wanted candle is there (Kraken alone shows its newest 720 only).
"""

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import ccxt

from infra.local.replay import ReplayExchange
from infra.local.replay.clock import parse_time

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
STEPS = {"1m": MINUTE, "1h": HOUR}


class Task(NamedTuple):
    """Candles wanted: a series and a half-open range of open times, ms UTC; the clock stands at its end."""

    venue: str
    symbol: str
    timeframe: str
    start: int
    end: int

    @property
    def wanted(self) -> int:
        return (self.end - self.start) // STEPS[self.timeframe]


class Outcome(NamedTuple):
    """What one way of asking brought: distinct wanted candles, requests sent, the first candle, or the refusal."""

    task: Task
    way: str
    got: int
    requests: int
    first: int | None
    refusal: str = ""

    def line(self) -> str:
        """Return the outcome as one line of the table."""
        series = f"{self.task.venue} {self.task.symbol} {self.task.timeframe}"
        late = (self.first - self.task.start) / DAY if self.first is not None else 0
        said = self.refusal or (f"first candle {late:.1f} days late" if late else "")
        return f"{series:24} {self.way:44} {self.task.wanted:7,} {self.got:7,} {self.requests:8}  {said}"


Way = Callable[[Any, Task], list[list[Any]]]
MINUTES = Task("binance", "BTC/USDT", "1m", parse_time("2025-07-19"), parse_time("2025-08-18"))
TASKS = (
    MINUTES,
    Task("kucoin", "BTC/USDT", "1h", parse_time("2024-08-18"), parse_time("2025-08-18")),
    Task("kraken", "BTC/USD", "1h", parse_time("2018-07-01"), parse_time("2018-10-01")),
)


def paginate(task: Task, exchange: Any, **params: Any) -> list[list[Any]]:
    rows: list[list[Any]] = exchange.fetch_ohlcv(
        task.symbol, task.timeframe, task.start, None, {"paginate": True, **params}
    )
    return rows


WAYS: dict[str, Way] = {
    "ccxt paginate, since": lambda exchange, task: paginate(task, exchange),
    "ccxt paginate, since and until": lambda exchange, task: paginate(task, exchange, until=task.end - 1),
    "ccxt paginate, since and paginationCalls=60": lambda exchange, task: paginate(task, exchange, paginationCalls=60),
}


def connect(market: ReplayExchange, venue: str) -> Any:
    """Return ccxt's class of a venue with its URLs, and nothing else of it, turned to the replay exchange."""
    exchange = getattr(ccxt, venue)({"enableRateLimit": False})
    base = market.base_urls()[venue]
    exchange.urls["api"] = {name: base + urlsplit(url).path for name, url in exchange.urls["api"].items()}
    exchange.milliseconds = market.now  # "now" is the day of the recording
    exchange.load_markets()
    return exchange


def measure(market: ReplayExchange, task: Task, way: str, fetch: Way) -> Outcome:
    """Fetch a task one way and count the distinct candles that were wanted."""
    market.reset(task.end)
    exchange = connect(market, task.venue)
    market.requests.clear()
    try:
        rows, refusal = fetch(exchange, task), ""
    except ccxt.BadRequest as error:
        rows, refusal = [], f"{type(error).__name__}: {str(error)[:79]}..."
    opens = sorted({row[0] for row in rows if task.start <= row[0] < task.end})
    return Outcome(task, way, len(opens), market.requests.total, opens[0] if opens else None, refusal)


def main() -> None:
    print(f"{'series':24} {'way':44} {'wanted':>7} {'got':>7} {'requests':>8}  what it said")
    with ReplayExchange() as market:
        for task in TASKS:
            for way, fetch in WAYS.items():
                print(measure(market, task, way, fetch).line())


if __name__ == "__main__":
    main()
