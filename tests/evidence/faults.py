"""Every fault of the replay exchange, switched on during an ingestion: ``python -m tests.evidence.faults``.

Three days of BTC-USDT minutes are ingested into an empty lake while the fault strikes, for a while or until it is
switched off. Every stored candle is held against the recording. Then the fault is over, and ingestion and backfill run
once more.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from candlecloud.errors import CandlecloudError
from candlecloud.exchange.client import ExchangeClient
from candlecloud.jobs import backfill_candles, ingest_candles
from candlecloud.market.candle import Candle
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.store.stores import Stores
from infra.local.replay import FAULT_NAMES, ReplayExchange
from infra.local.replay.clock import parse_time
from tests.support.cloud import embedded_stores
from tests.support.contexts import context
from tests.support.ingestion import DAY, HOUR, MINUTE, SkippingTime, client, recorded_in, stored_in

SERIES = Series.of("binance", "BTC-USDT", "1m")
NOW = parse_time("2025-08-18T00:00:30Z")
SPAN = TimeRange(NOW // DAY * DAY - 3 * DAY, NOW // DAY * DAY)
HOLE = TimeRange(SPAN.start + DAY + HOUR, SPAN.start + DAY + HOUR + 30 * MINUTE)
LAST = TimeRange(SPAN.end - MINUTE, SPAN.end)
_EVENT = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1m", "start": SPAN.start, "end": SPAN.end}
_A_WHILE = {"skip": 4, "times": 3}


@dataclass(frozen=True)
class Scenario:
    """One fault, and how it is switched on.

    Attributes
    ----------
    restates : TimeRange, optional
        Where the exchange itself says something else than it recorded: there, what it says is what must be stored.
    """

    fault: str
    when: str
    options: Mapping[str, Any] = field(default_factory=dict)
    restates: TimeRange | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of it; candles are counted.

    Attributes
    ----------
    wrong : int
        Stored candles that the exchange never said, neither in the recording nor by the fault.
    restated : int
        Stored as the exchange said it, which is not as recorded.
    after_stored, after_wrong : int
        When the fault was over and the jobs had run once more.
    """

    scenario: Scenario
    struck: int
    happened: str
    wanted: int
    stored: int
    wrong: int
    restated: int
    accounted: bool
    after_stored: int
    after_wrong: int
    after_complete: bool

    def line(self) -> str:
        restated = f" ({self.restated} as restated)" if self.restated else ""
        after = f"{self.after_stored:,} stored, {self.after_wrong} wrong"
        return (
            f"{self.scenario.fault:16} {self.scenario.when:22} {self.struck:6} {self.stored:6,} {self.wrong:6}  "
            f"{self.happened + restated}  | then {after}{'' if self.after_complete else ', not complete'}"
        )


def scenarios() -> list[Scenario]:
    """Each fault for a while and for ever; those that concern single candles also in a window of their own."""
    listed: list[Scenario] = []
    for name in FAULT_NAMES:
        if name == "missing_window":
            listed += [
                Scenario(name, "once, 30 candles", {"times": 1, "window": (HOLE.start, HOLE.end)}),
                Scenario(name, "always, 30 candles", {"window": (HOLE.start, HOLE.end)}),
            ]
        elif name == "unclosed_last":
            listed += [
                Scenario(name, "always", {}),
                Scenario(name, "always, 90 s late", {"options": {"lag_ms": 90_000}}, restates=LAST),
            ]
        elif name == "restated_candle":
            listed += [
                Scenario(name, "3 times", dict(_A_WHILE), restates=SPAN),
                Scenario(name, "always", {}, restates=SPAN),
                Scenario(name, "always, 30 candles", {"window": (HOLE.start, HOLE.end)}, restates=HOLE),
            ]
        else:
            listed += [Scenario(name, "3 times", dict(_A_WHILE)), Scenario(name, "always", {})]
            if name in ("off_grid", "nan", "wrong_symbol", "unavailable_503", "timeout"):
                listed.append(Scenario(name, "always, 30 candles", {"window": (HOLE.start, HOLE.end)}))
    return listed


def play(market: ReplayExchange, scenario: Scenario) -> Outcome:
    """Ingest under a fault, look at the lake, switch the fault off, run the jobs again, look once more."""
    market.reset(NOW)
    waits = SkippingTime()
    exchange = client(market, waits=waits, timeout_ms=250)
    with embedded_stores() as stores:
        fault = market.add_fault(scenario.fault, path="klines", **scenario.options)
        report, error = _ingest(stores, exchange, waits)
        truth = recorded_in(SERIES.id, SPAN)
        stored = stored_in(stores, SERIES, SPAN)
        outside = len(stored_in(stores, SERIES, TimeRange(0, SPAN.end + DAY))) - len(stored)
        differing = [time for time, candle in stored.items() if truth.get(time) != candle]
        said = [time for time in differing if scenario.restates is not None and scenario.restates.contains(time)]
        struck = fault.struck
        market.clear_faults()
        happened = _in_words(report, error, waits)
        waits.sleep(3600.0)  # whatever the exchange asked to wait for is over
        after = _again(stores, exchange, waits, reread=bool(said))
        return Outcome(
            scenario,
            struck,
            happened,
            len(truth),
            len(stored),
            len(differing) - len(said) + outside,
            len(said),
            report is None or report.adds_up(),
            len(after),
            sum(truth.get(time) != candle for time, candle in after.items()),
            after.keys() == truth.keys(),
        )


def _ingest(
    stores: Stores, exchange: ExchangeClient, waits: SkippingTime
) -> tuple[ingest_candles.Report | None, CandlecloudError | None]:
    request = ingest_candles.Request.from_event(_EVENT)
    deadline = waits.clock() + 30 * 60_000
    try:
        return ingest_candles.ingest(request, context(stores, exchange, clock=waits.clock, deadline=deadline)), None
    except CandlecloudError as error:
        return None, error


def _again(stores: Stores, exchange: ExchangeClient, waits: SkippingTime, *, reread: bool) -> dict[int, Candle]:
    """The next ingestion and the next backfill of the same range, as schedules would run them."""
    again = ingest_candles.Request.from_event({**_EVENT, "reread": reread})
    ingest_candles.ingest(again, context(stores, exchange, clock=waits.clock)).checked()
    backfill = backfill_candles.Request.from_event(_EVENT)
    backfill_candles.backfill(backfill, context(stores, exchange, clock=waits.clock)).checked()
    return stored_in(stores, SERIES, SPAN)


def _in_words(report: ingest_candles.Report | None, error: CandlecloudError | None, waits: SkippingTime) -> str:
    if report is None:
        return f"refused: {error.code if error else ''}"
    parts = [f"{count} {name}" for name, count in sorted(report.anomalies.items())]
    if waits.slept_s:
        parts.append(f"waited {sum(waits.slept_s):.0f} s")
    if report.quarantined:
        parts.append(f"{report.quarantined} rows quarantined")
    causes = Counter(gap["cause"] for gap in report.open_gaps)
    parts += [f"absent {count:,} ({cause})" for cause, count in report.absent.items()]
    parts += [f"open {report.open:,} ({', '.join(causes)})"] if report.open else []
    parts += [f"failed {report.failed:,}"] if report.failed else []
    parts += [f"pending {report.pending:,}"] if report.pending else []
    return ("complete: " if report.complete else "not complete: ") + (", ".join(parts) or "nothing noticed")


def main() -> int:
    """Print the table; fails if anything wrong was stored, or if the end is not the recording."""
    bad = 0
    print(f"{'fault':16} {'switched on':22} {'struck':>6} {'stored':>6} {'wrong':>6}  what happened")
    with ReplayExchange() as market:
        for scenario in scenarios():
            outcome = play(market, scenario)
            print(outcome.line(), flush=True)
            bad += not is_survived(outcome)
    total = len(scenarios())
    print(f"{len(recorded_in(SERIES.id, SPAN)):,} candles wanted each time; {total} scenarios, {bad} not survived")
    print(
        "wrong: stored, and never given by the exchange for that candle. 'as restated': given as final, and later\n"
        "otherwise; both are kept, the later one is current. 'absent': two answers held both neighbours and nothing\n"
        "between; it stays a gap item, and is repaired when the exchange has it ('then 4,320 stored')."
    )
    return 1 if bad else 0


def is_survived(outcome: Outcome) -> bool:
    """Nothing wrong stored, every candle accounted for, and all of the recording there when the fault is over."""
    return not outcome.wrong and outcome.accounted and not outcome.after_wrong and outcome.after_complete


if __name__ == "__main__":
    sys.exit(main())
