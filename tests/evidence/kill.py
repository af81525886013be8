"""Kill -9 of an ingesting process at random moments, then run again: ``python -m tests.evidence.kill [kills]``.

Each round ingests two more days of BTC-USDT minutes into one lake (so that older candles are at stake too), through
real ccxt, real boto3 and a moto server in a process of its own. The process is killed at a random moment of the time
that an undisturbed round takes. Then every stored object is opened, a second process runs the same event to its end,
and the lake is held against the recording and the index against the lake.
"""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass
from typing import Any

from boto3 import Session

from candlecloud.ingestion.fetch_and_store import read_rows
from candlecloud.market.checksum import content_checksum
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.store import keys
from candlecloud.store.aws import AwsClients
from candlecloud.store.parquet import PeriodFile
from candlecloud.store.stores import Stores, build_stores
from infra.local.replay import ReplayExchange
from infra.local.replay.clock import parse_time
from tests.support.cloud import BUCKET, CREDENTIALS, TABLE
from tests.support.ingester import Ingester
from tests.support.ingestion import DAY, recorded_in
from tests.support.moto_server import moto_server

SERIES = Series.of("binance", "BTC-USDT", "1m")
START = parse_time("2025-05-20")
NOW = parse_time("2025-08-18T18:20:00Z")
ROUND = 2 * DAY


@dataclass(frozen=True)
class Round:
    """What one kill left, and what the next run made of it; candles are counted.

    Attributes
    ----------
    struck_work : bool
        Whether the process was still at it.
    left : int
        Of the round's candles, stored when the process was dead.
    torn, lost, doubled, wrong : int
        Objects that could not be read or do not match their checksum; candles missing, twice, or not as recorded, after
        the second run.
    index_repaired : int
        Entries that the second run found wrong and put right.
    index_true : bool
        Whether nothing is left to repair.
    """

    at_ms: int
    struck_work: bool
    left: int
    torn: int
    lost: int
    doubled: int
    wrong: int
    index_repaired: int
    index_true: bool

    @property
    def is_clean(self) -> bool:
        return self.index_true and not (self.torn or self.lost or self.doubled or self.wrong)

    def line(self, number: int) -> str:
        when = f"{self.at_ms:5} ms" if self.struck_work else f"{self.at_ms:5} ms (was done)"
        return (
            f"{number:3}  {when:18} {self.left:6,} {self.torn:5} {self.lost:5} {self.doubled:8} {self.wrong:6} "
            f"{self.index_repaired:9}  {'true' if self.index_true else 'NOT TRUE'}"
        )


class _ServerClients(AwsClients):
    """Clients of the moto server, without touching this process's environment."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._session = Session(**CREDENTIALS)
        self._url = url

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, endpoint_url=self._url)
        return self._clients[service]


def play(kills: int, seed: int = 1) -> list[Round]:
    """Kill until so many kills have struck a process at work; the moments come from the seed and from how long a round
    takes here. A kill that came too late is listed too.
    """
    rng = random.Random(seed)
    trials = 1 if kills < 10 else 3
    with moto_server() as aws_url, ReplayExchange(clock=NOW) as market:
        stores = build_stores(_ServerClients(aws_url), BUCKET, TABLE)
        exchange_url = market.base_urls()["binance"]
        undisturbed = min(_undisturbed_ms(aws_url, exchange_url, number) for number in range(trials))
        rounds: list[Round] = []
        survivor = Ingester(aws_url, exchange_url)
        while sum(outcome.struck_work for outcome in rounds) < kills:
            victim = Ingester(aws_url, exchange_url)
            at_ms = rng.uniform(0.0, 0.9 * undisturbed)
            rounds.append(_round(stores, victim, survivor, trials + len(rounds), at_ms))
        survivor.close()
        return rounds


def _event(number: int) -> dict[str, str | int]:
    start = START + number * ROUND
    return {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1m", "start": start, "end": start + ROUND}


def _undisturbed_ms(aws_url: str, exchange_url: str, number: int) -> float:
    ingester = Ingester(aws_url, exchange_url)
    began = time.monotonic()
    ingester.send(_event(number))
    assert ingester.report()["complete"]
    ingester.close()
    return 1000 * (time.monotonic() - began)


def _round(stores: Stores, victim: Ingester, survivor: Ingester, number: int, at_ms: float) -> Round:
    victim.send(_event(number))
    time.sleep(at_ms / 1000)
    struck_work = victim.kill()
    span = TimeRange(START + number * ROUND, START + (number + 1) * ROUND)
    torn = _torn_objects(stores)
    left = len(stores.candles.times(SERIES, span))

    survivor.send(_event(number))
    report = survivor.report()
    assert report["complete"], report

    whole = TimeRange(START, span.end)
    rows = read_rows(stores, CANDLES, SERIES, whole)
    stored = {row.open_time: row for row in rows}
    truth = recorded_in(SERIES.id, whole)
    repair = stores.candles.repair_index(SERIES, 1)
    head = stores.index.head(SERIES)
    return Round(
        round(at_ms),
        struck_work,
        left,
        torn + _torn_objects(stores),
        len(truth.keys() - stored.keys()),
        len(rows) - len(stored),
        sum(truth.get(open_time) != candle for open_time, candle in stored.items()),
        report["index_repaired"],
        not (repair.repaired or repair.removed or repair.corrupt) and head is not None and head.rows == len(truth),
    )


def _torn_objects(stores: Stores) -> int:
    """Open every object of the series, and hold its content against its checksum."""
    torn = 0
    for key, _ in stores.objects.list(keys.data_prefix(CANDLES, SERIES)):
        place, found = keys.parse_data_object(CANDLES, key), stores.objects.get(key)
        assert place is not None
        assert found is not None
        file = PeriodFile(CANDLES, found.body, *place)
        torn += content_checksum(file.read(), "open_time") != file.footer.checksum
    return torn


def main(arguments: list[str]) -> int:
    """Print one line per kill; fails if anything is lost, doubled, torn or untrue."""
    kills = int(arguments[0]) if arguments else 20
    print(f"{'':3}  {'killed after':18} {'stored':>6} {'torn':>5} {'lost':>5} {'doubled':>8} {'wrong':>6} "
          f"{'repaired':>9}  index")  # fmt: skip
    rounds = play(kills)
    for number, outcome in enumerate(rounds, 1):
        print(outcome.line(number))
    print(
        f"{len(rounds)} kills, {kills} of them struck work: lost {sum(r.lost for r in rounds)}, "
        f"doubled {sum(r.doubled for r in rounds)}, torn {sum(r.torn for r in rounds)}, "
        f"index true in {sum(r.index_true for r in rounds)} of {len(rounds)}"
    )
    return 0 if all(outcome.is_clean for outcome in rounds) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
