"""Several writers, lost answers and kill -9: no row lost, none doubled, no torn object."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from candlecloud.errors import TransientStoreError
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.rows import rows_table, times_ms
from candlecloud.market.series import Series
from candlecloud.store import keys
from candlecloud.store.aws import AwsClients
from candlecloud.store.dataset import DatasetStore
from candlecloud.store.parquet import PeriodFile
from candlecloud.store.stores import Stores, build_stores
from infra.local import moto_lock
from tests.support.candles import BTC_1H, BTC_1M, DAY, HOUR, JAN_2024, MINUTE, grid, make_candles, make_table
from tests.support.cloud import BUCKET, CREDENTIALS, TABLE, create_resources, session
from tests.support.moto_server import moto_server
from tests.support.store_writer import Writer

NOW = JAN_2024 + 400 * DAY


@pytest.fixture
def clients() -> Iterator[AwsClients]:
    moto_lock.install()
    with mock_aws():
        found = AwsClients(session())
        create_resources(found.s3, found.dynamodb)
        yield found


@pytest.fixture
def stores(clients: AwsClients) -> Stores:
    return build_stores(clients, BUCKET, TABLE)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with moto_server() as url:
        yield url


def over_http(url: str) -> Stores:
    class Clients(AwsClients):
        def _client(self, service: str) -> Any:
            return boto3.Session(**CREDENTIALS).client(service, endpoint_url=url)

    return build_stores(Clients(), BUCKET, TABLE)


def check(stores: Stores, series: Series, open_times: list[int], seed: int) -> None:
    """Every wanted candle once, with its value; the index true."""
    table = stores.candles.read(series)
    assert times_ms(table) == open_times
    wanted = rows_table(CANDLES, make_candles(open_times, seed), series, NOW, "native")
    assert table.drop_columns(["ingested_at"]).equals(wanted.drop_columns(["ingested_at"]))
    found = stores.index.read(series)
    assert found.head_is_true
    assert sum(entry.rows for entry in found.entries.values()) == len(open_times)


# --- two processes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rounds", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_two_processes_write_one_period_at_once(server: str, rounds: int) -> None:
    """Both write every third candle; the rest is shared out between them. Each round begins in both at once."""
    stores = over_http(server)
    writers = [Writer(server), Writer(server)]
    conflicts = 0
    try:
        for round_ in range(rounds):
            series = Series.of("binance", f"R{rounds}N{round_}-USDT", "1m")
            times = list(grid(series, JAN_2024, 300))
            shares = [[t for i, t in enumerate(times) if i % 3 in (0, who + 1)] for who in (0, 1)]
            for writer, share in zip(writers, shares, strict=True):
                writer.send(series, share, chunk=50, seed=round_, now=NOW)
            reports = [writer.report() for writer in writers]
            assert sum(report["added"] for report in reports) == len(times), "lost or doubled"
            assert sum(report["unchanged"] for report in reports) == len(times) // 3
            assert sum(report["revised"] for report in reports) == 0
            check(stores, series, times, seed=round_)
            conflicts += sum(report["conflicts"] for report in reports)
    finally:
        for writer in writers:
            writer.close()
    assert conflicts > 0, "the writers never met"
    print(f"{rounds} rounds: lost 0, doubled 0, {conflicts} conflicts")


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_kill_9_of_a_writer(server: str, kills: int) -> None:
    """After each kill every object is whole; after the run that follows, every candle is there once."""
    stores = over_http(server)
    series = Series.of("binance", f"K{kills}-USDT", "1m")
    times = list(grid(series, JAN_2024 + 31 * DAY - 600 * MINUTE, 1200))
    rng = random.Random(kills)
    stored = 0
    for _ in range(kills):
        writer = Writer(server)
        writer.send(series, times, chunk=10, seed=5, now=NOW)
        time.sleep(rng.uniform(0.05, 0.5))
        writer.kill()
        assert len(stores.candles.times(series)) >= stored
        stored = len(stores.candles.times(series))
        for period in ("2024-01", "2024-02"):
            history = stores.candles.read_period_history(series, period)
            assert len(set(times_ms(history))) == history.num_rows
    last = Writer(server)
    last.send(series, times, chunk=300, seed=5, now=NOW)
    report = last.report()
    last.close()
    assert report == {"added": len(times) - stored, "revised": 0, "unchanged": stored, "conflicts": 0}
    print(f"{kills} kills, the last after {stored} of {len(times)} candles")
    check(stores, series, times, seed=5)
    repair = stores.candles.repair_index(series, NOW)
    assert (repair.repaired, repair.removed, repair.corrupt) == (0, 0, ())


# --- threads ----------------------------------------------------------------------------------------------------------


def test_many_threads_write_one_object(stores: Stores) -> None:
    times = list(grid(BTC_1H, JAN_2024, 160))

    def write(share: int) -> int:
        return stores.candles.merge(BTC_1H, make_table(BTC_1H, times[share::16], seed=3), NOW).added

    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(write, range(16)))
    assert added == [10] * 16
    check(stores, BTC_1H, times, seed=3)
    assert stores.index.read(BTC_1H).entries["2024"].sequence == 16


def test_of_writers_of_different_values_the_latest_look_is_current(stores: Stores) -> None:
    times = list(grid(BTC_1H, JAN_2024, 20))

    def write(seed: int) -> None:
        stores.candles.merge(BTC_1H, make_table(BTC_1H, times, seed), NOW + seed)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    assert times_ms(stores.candles.read(BTC_1H)) == times
    current = stores.candles.read(BTC_1H)
    assert current["close"].equals(make_table(BTC_1H, times, 5)["close"]), "whoever's write came last"
    history = stores.candles.read_period_history(BTC_1H, "2024")
    assert history.num_rows in range(20, 121, 20)
    for moment in range(NOW, NOW + 6):
        assert stores.candles.read(BTC_1H, as_of=moment).num_rows in (0, 20)


# --- answers that get lost --------------------------------------------------------------------------------------------


class LostAnswers:
    """Loses the answers to the first `count` puts, or the puts themselves."""

    def __init__(self, clients: AwsClients, count: int, *, sent: bool) -> None:
        self.left = count
        clients.s3.meta.events.register("after-call.s3.PutObject" if sent else "before-call.s3.PutObject", self)

    def __call__(self, **_: Any) -> None:
        self.left -= 1
        if self.left >= 0:
            raise ReadTimeoutError(endpoint_url="")


@pytest.mark.parametrize("sent", [True, False], ids=["put took place", "put never came"])
@pytest.mark.parametrize("count", [1, 3])
def test_a_put_without_an_answer_counts_once(clients: AwsClients, stores: Stores, sent: bool, count: int) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 5)), NOW)
    LostAnswers(clients, count, sent=sent)
    pauses: list[float] = []
    candles = DatasetStore(CANDLES, stores.objects, stores.index, sleep=pauses.append, rng=random.Random(1))
    report = candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 10)), NOW)
    assert (report.added, report.unchanged, report.periods) == (5, 5, ("2024",))
    assert len(pauses) == (1 if sent else count)
    assert stores.index.read(BTC_1H).entries["2024"].sequence == 2
    check(stores, BTC_1H, list(grid(BTC_1H, JAN_2024, 10)), seed=1)


def test_an_own_commit_is_known_again_after_others_built_on_it(clients: AwsClients, stores: Stores) -> None:
    other = build_stores(AwsClients(session()), BUCKET, TABLE)

    def others_write(_: float) -> None:
        for hour in (20, 21):
            other.candles.merge(BTC_1H, make_table(BTC_1H, [JAN_2024 + hour * HOUR]), NOW)

    LostAnswers(clients, 1, sent=True)
    candles = DatasetStore(CANDLES, stores.objects, stores.index, sleep=others_write)
    report = candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 10)), NOW)
    assert (report.added, report.periods) == (10, ("2024",))
    check(stores, BTC_1H, [*grid(BTC_1H, JAN_2024, 10), JAN_2024 + 20 * HOUR, JAN_2024 + 21 * HOUR], seed=1)


def test_a_store_that_stays_silent_is_given_up(clients: AwsClients, stores: Stores) -> None:
    LostAnswers(clients, 1000, sent=False)
    pauses: list[float] = []
    candles = DatasetStore(CANDLES, stores.objects, stores.index, sleep=pauses.append)
    with pytest.raises(TransientStoreError, match="write a stored object"):
        candles.merge(BTC_1H, make_table(BTC_1H, [JAN_2024]), NOW)
    assert len(pauses) == 4
    assert all(0 < pause <= 1 for pause in pauses)
    assert stores.candles.count(BTC_1H) == 0


def test_the_loser_of_a_race_merges_again(clients: AwsClients, stores: Stores) -> None:
    """Another writer commits between every read and put of ours, five times in a row."""
    other = build_stores(AwsClients(session()), BUCKET, TABLE)
    left = [5]

    def meanwhile(**_: Any) -> None:
        left[0] -= 1
        if left[0] >= 0:
            other.candles.merge(BTC_1M, make_table(BTC_1M, [JAN_2024 + (100 + left[0]) * MINUTE]), NOW)

    clients.s3.meta.events.register("before-call.s3.PutObject", meanwhile)
    pauses: list[float] = []
    candles = DatasetStore(CANDLES, stores.objects, stores.index, sleep=pauses.append)
    report = candles.merge(BTC_1M, make_table(BTC_1M, grid(BTC_1M, JAN_2024, 10)), NOW)
    assert report.added == 10
    assert len(pauses) == 5
    check(stores, BTC_1M, list(grid(BTC_1M, JAN_2024, 10)) + list(grid(BTC_1M, JAN_2024 + 100 * MINUTE, 5)), seed=1)


def test_an_object_that_vanishes_between_read_and_put_is_written_anew(clients: AwsClients, stores: Stores) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 5)), NOW)
    key = keys.data_object(CANDLES, BTC_1H, "2024")
    once = [True]

    def vanish(**_: Any) -> None:
        if once.pop() if once else False:
            build_stores(AwsClients(session()), BUCKET, TABLE)
            AwsClients(session()).s3.delete_object(Bucket=BUCKET, Key=key)

    clients.s3.meta.events.register("before-call.s3.PutObject", vanish)
    candles = DatasetStore(CANDLES, stores.objects, stores.index, sleep=lambda _: None)
    assert candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 7)), NOW).added == 7
    stored = stores.objects.get(key)
    assert stored is not None
    assert PeriodFile(CANDLES, stored.body, BTC_1H, "2024").footer.sequence == 1
