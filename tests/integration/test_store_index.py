"""The index: it follows the lake through crashes and late writers, and is never believed over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from candlecloud.errors import TransientStoreError
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.series import Series
from candlecloud.store import keys
from candlecloud.store.aws import AwsClients
from candlecloud.store.index import PeriodEntry
from candlecloud.store.stores import Stores, build_stores
from infra.local import moto_lock
from tests.support.candles import BTC_1H, BTC_1M, DAY, HOUR, JAN_2024, MINUTE, grid, make_table
from tests.support.cloud import BUCKET, TABLE, create_resources, session

NOW = JAN_2024 + 400 * DAY


class Killed(BaseException):
    """The process dies here."""


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


@contextmanager
def before(client: Any, operation: str, act: Callable[[], None], skip: int = 0) -> Iterator[None]:
    """Do something once, right before a client sends its (skip + 1)th request of an operation."""
    left = [skip]

    def hook(**_: Any) -> None:
        left[0] -= 1
        if left[0] == -1:
            act()

    name = f"before-call.{client.meta.service_model.service_name}.{operation}"
    client.meta.events.register(name, hook)
    try:
        yield
    finally:
        client.meta.events.unregister(name, hook)


def die() -> None:
    raise Killed


def lose_the_connection() -> None:
    raise EndpointConnectionError(endpoint_url="")


def true_index(stores: Stores, series: Series) -> None:
    """Assert that entries and head say exactly what the objects hold."""
    found = stores.index.read(series)
    assert found.head_is_true
    etags = {}
    for key, etag in stores.objects.list(keys.data_prefix(CANDLES, series)):
        place = keys.parse_data_object(CANDLES, key)
        assert place is not None
        etags[place[1]] = etag
    assert {period: entry.etag for period, entry in found.entries.items()} == etags
    for period, entry in found.entries.items():
        history = stores.candles.read_period_history(series, period)
        assert entry.rows == history.num_rows
    total = stores.candles.times(series)
    if not total:
        assert found.head is None
        return
    head = stores.index.head(series)
    assert head is not None
    assert (head.rows, head.first, head.last) == (len(total), total[0], total[-1])


@pytest.mark.parametrize(("operation", "skip"), [("PutItem", 0), ("PutItem", 1), ("Query", 0), ("UpdateItem", 0)])
@pytest.mark.parametrize("heal", ["repair", "merge again"])
def test_a_crash_between_the_lake_and_the_index_is_healed(
    clients: AwsClients, stores: Stores, operation: str, skip: int, heal: str
) -> None:
    stores.candles.merge(BTC_1M, make_table(BTC_1M, grid(BTC_1M, JAN_2024, 10)), NOW)
    table = make_table(BTC_1M, grid(BTC_1M, JAN_2024 + 31 * DAY - 5 * MINUTE, 10))
    with before(clients.dynamodb, operation, die, skip), pytest.raises(Killed):
        stores.candles.merge(BTC_1M, table, NOW)
    assert not stores.index.read(BTC_1M).head_is_true or len(stores.index.read(BTC_1M).entries) < 2
    assert stores.candles.count(BTC_1M) == 20
    assert stores.candles.read(BTC_1M).num_rows == 20
    if heal == "repair":
        assert stores.candles.repair_index(BTC_1M, NOW).corrupt == ()
    else:
        assert stores.candles.merge(BTC_1M, table, NOW).unchanged == 10
    true_index(stores, BTC_1M)


def test_a_store_that_does_not_answer_is_a_transient_error(clients: AwsClients, stores: Stores) -> None:
    table = make_table(BTC_1H, grid(BTC_1H, JAN_2024, 10))
    with before(clients.dynamodb, "PutItem", lose_the_connection), pytest.raises(TransientStoreError) as raised:
        stores.candles.merge(BTC_1H, table, NOW)
    assert raised.value.details == {"reason": "EndpointConnectionError"}
    assert stores.candles.merge(BTC_1H, table, NOW).unchanged == 10
    true_index(stores, BTC_1H)


def test_a_wrong_name_is_said_at_once() -> None:
    with mock_aws():
        clients = AwsClients(session())
        stores = build_stores(clients, "no-such-bucket-here", "no-such-table")
        for act in (
            lambda: stores.candles.merge(BTC_1H, make_table(BTC_1H, [JAN_2024]), NOW),
            lambda: stores.index.head(BTC_1H),
            lambda: stores.ingestion.record_failure("ingest_candles", NOW, "x"),
            lambda: stores.candles.stored_series(),
        ):
            with pytest.raises(TransientStoreError) as raised:
                act()
            assert raised.value.details["reason"] in ("NoSuchBucket", "ResourceNotFoundException")
            assert "names or permissions" in raised.value.hint
            assert "no-such" not in f"{raised.value.message} {raised.value.hint} {raised.value.details}"


def test_a_late_entry_does_not_win(clients: AwsClients, stores: Stores) -> None:
    """Writer A stops between its object and its entry; B writes both; A's entry comes last and is refused."""
    other = build_stores(AwsClients(session()), BUCKET, TABLE)

    def meanwhile() -> None:
        other.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024 + 10 * HOUR, 10)), NOW + 1)

    with before(clients.dynamodb, "PutItem", meanwhile):
        stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 10)), NOW)
    assert stores.index.read(BTC_1H).entries["2024"].sequence == 2
    true_index(stores, BTC_1H)


def test_a_late_head_does_not_win(clients: AwsClients, stores: Stores) -> None:
    """Writer A has read the entries; B writes another period; A's head comes last and is refused."""
    other = build_stores(AwsClients(session()), BUCKET, TABLE)

    def meanwhile() -> None:
        other.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024 - 10 * HOUR, 10)), NOW + 1)

    with before(clients.dynamodb, "UpdateItem", meanwhile):
        stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 10)), NOW)
    assert len(stores.index.read(BTC_1H).entries) == 2
    true_index(stores, BTC_1H)


def test_a_stale_entry_is_neither_written_nor_believed(stores: Stores) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 10)), NOW)
    old = stores.index.read(BTC_1H).entries["2024"]
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 20)), NOW)
    new = stores.index.read(BTC_1H).entries["2024"]
    assert not stores.index.put_entry(BTC_1H, old)
    assert not stores.index.put_entry(BTC_1H, replace(new, current=7))
    assert stores.index.read(BTC_1H).entries["2024"] == new

    lie = replace(old, sequence=99, current=1, first=0, price_scale=9)
    assert stores.index.put_entry(BTC_1H, lie)
    assert stores.candles.count(BTC_1H) == 20
    assert stores.candles.available_range(BTC_1H) is not None
    assert stores.candles.price_scale(BTC_1H) == 2
    assert stores.candles.repair_index(BTC_1H, NOW).repaired == 1
    true_index(stores, BTC_1H)


def test_repair_of_a_true_index_changes_nothing_and_reads_no_object(clients: AwsClients, stores: Stores) -> None:
    stores.candles.merge(BTC_1M, make_table(BTC_1M, [JAN_2024 + day * DAY for day in range(0, 300, 9)]), NOW)
    asked: list[str] = []
    for client in (clients.s3, clients.dynamodb):
        client.meta.events.register("before-call", lambda model, **_: asked.append(model.name))
    report = stores.candles.repair_index(BTC_1M, NOW)
    assert (report.checked, report.repaired, report.removed, report.corrupt) == (10, 0, 0, ())
    assert asked == ["Query", "ListObjectsV2"]


def test_a_lost_index_is_rebuilt_from_the_lake(stores: Stores) -> None:
    stores.candles.merge(BTC_1M, make_table(BTC_1M, [JAN_2024 + day * DAY for day in range(0, 100, 3)]), NOW)
    stores.index.set_listed_from(BTC_1M, JAN_2024 - DAY, NOW)
    for entry in stores.index.read(BTC_1M).entries.values():
        stores.index.remove_entry(BTC_1M, entry)
    stores.index.refresh_head(BTC_1M, correct=True)
    assert stores.index.list_series() == ([], None)
    assert stores.candles.stored_series() == [BTC_1M]
    assert stores.candles.repair_index(BTC_1M, NOW).repaired == 4
    true_index(stores, BTC_1M)
    assert stores.index.listed_from(BTC_1M) == JAN_2024 - DAY


def test_entries_of_removed_objects_go(clients: AwsClients, stores: Stores) -> None:
    times = [JAN_2024, JAN_2024 + 31 * DAY]
    stores.candles.merge(BTC_1M, make_table(BTC_1M, times), NOW)
    clients.s3.delete_object(Bucket=BUCKET, Key=keys.data_object(CANDLES, BTC_1M, "2024-01"))
    assert stores.candles.times(BTC_1M) == times[1:]
    assert stores.candles.repair_index(BTC_1M, NOW).removed == 1
    true_index(stores, BTC_1M)
    # Written anew, the object begins at sequence 1 again, and the index follows.
    stores.candles.merge(BTC_1M, make_table(BTC_1M, times), NOW)
    true_index(stores, BTC_1M)
    for period in ("2024-01", "2024-02"):
        clients.s3.delete_object(Bucket=BUCKET, Key=keys.data_object(CANDLES, BTC_1M, period))
    assert stores.candles.repair_index(BTC_1M, NOW).removed == 2
    true_index(stores, BTC_1M)
    assert stores.index.list_series() == ([], None)


def test_an_object_written_anew_under_a_stale_entry_is_repaired(clients: AwsClients, stores: Stores) -> None:
    for count in (5, 6, 7):
        stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, count)), NOW)
    clients.s3.delete_object(Bucket=BUCKET, Key=keys.data_object(CANDLES, BTC_1H, "2024"))
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 2)), NOW)
    assert stores.candles.count(BTC_1H) == 2
    assert stores.candles.repair_index(BTC_1H, NOW).repaired == 1
    true_index(stores, BTC_1H)


def test_heads_are_listed_in_order_page_by_page(stores: Stores) -> None:
    made = [Series.of("kraken", f"C{i}-USD", "1d") for i in range(23)]
    for series in made:
        stores.candles.merge(series, make_table(series, [JAN_2024]), NOW)
    stores.index.set_listed_from(Series.of("kraken", "NEW-USD", "1d"), JAN_2024, NOW)
    stores.index.set_listed_from(made[0], JAN_2024 - 5 * DAY, NOW)
    found, cursor, pages = [], None, 0
    while True:
        heads, cursor = stores.index.list_series(cursor, limit=5)
        found += heads
        pages += 1
        if cursor is None:
            break
    assert pages == 5
    assert [head.series.id for head in found] == sorted(series.id for series in made)
    assert found[0].listed_from == JAN_2024 - 5 * DAY
    assert (found[0].rows, found[0].first, found[0].updated_at) == (1, JAN_2024, NOW)
    assert stores.index.list_series(limit=23)[1] is None
    assert stores.index.head(Series.of("kraken", "NEW-USD", "1d")) is None


def test_entries_hold_what_they_say(stores: Stores) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 3)), NOW)
    entry = stores.index.read(BTC_1H).entries["2024"]
    ((_, etag),) = stores.objects.list("candles/")
    checksum = entry.checksum
    assert len(checksum) == 64
    assert entry == PeriodEntry(
        "2024", etag, 1, 3, 3, JAN_2024, JAN_2024 + 2 * HOUR, checksum, price_scale=2, updated_at=NOW
    )
