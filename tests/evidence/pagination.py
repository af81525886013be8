"""ccxt's own ``paginate`` beside our pager, on the same candles: ``python -m tests.evidence.pagination``."""

from __future__ import annotations

import sys
from contextlib import closing

from benchmarks.pagination import TASKS, WAYS, Outcome, Task, measure
from candlecloud.ingestion.fetch.pager import Pager
from candlecloud.ingestion.fetch.session import open_session
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import IntervalSet, TimeRange
from candlecloud.market.series import Series
from infra.local.replay import ReplayExchange
from tests.support.ingestion import SkippingTime, client

OURS = "candlecloud's pager"


def ours(market: ReplayExchange, task: Task) -> Outcome:
    """Fetch a task with our pager; it stands where the others stand, at the end of the range."""
    market.reset(task.end + 60_000)
    market.requests.clear()
    waits = SkippingTime()
    series = Series.of(task.venue, task.symbol, task.timeframe)
    with closing(client(market, task.venue, waits)) as exchange:
        pager = Pager(
            open_session(exchange, series, CANDLES, waits.clock), IntervalSet([TimeRange(task.start, task.end)])
        )
        opens = sorted({row.open_time for page in pager.pages() for row in page})
    report = pager.report()
    absent = [f"{entry.range.duration // series.timeframe.ms:,} {entry.cause}" for entry in report.absent]
    said = ("complete" if report.is_complete else "not complete") + "".join(f", {text}" for text in absent)
    return Outcome(task, OURS, len(opens), market.requests.total, None, said)


def main() -> int:
    """Print wanted and got; fails if ours lost a candle without saying why."""
    lost = 0
    print(f"{'series':24} {'way':44} {'wanted':>7} {'got':>7} {'requests':>8}  what it said")
    with ReplayExchange() as market:
        for task in TASKS:
            for way, fetch in WAYS.items():
                print(measure(market, task, way, fetch).line())
            outcome = ours(market, task)
            lost += not outcome.refusal.startswith("complete")
            print(outcome.line())
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
