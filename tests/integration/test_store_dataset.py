"""The lake by its descriptor alone: a made-up dataset with other columns, whose key times lie on no grid."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from candlecloud.errors import CorruptObjectError, InvalidParameterError
from candlecloud.market.dataset import Column, Dataset
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.rows import rows_table, schema_of, times_ms
from candlecloud.market.series import Instrument
from candlecloud.store import keys
from candlecloud.store.parquet import PeriodFile
from candlecloud.store.stores import Stores
from tests.support.candles import BTC_1H, make_table

HARBOUR = Instrument.parse("binance/HULL-SEA")
YEAR_2024 = 1_704_067_200_000
NOW = YEAR_2024 + 400 * 86_400_000
LAG = 60_000


class Tide(NamedTuple):
    measured_at: int
    level: float
    gauges: int | None
    note: str | None


def _published(tide: Tide, harbour: Instrument) -> int:
    return tide.measured_at + LAG


TIDES = Dataset(
    name="tides",
    description="What the gauges of a harbour said.",
    prefix="sea/kind=tides",
    schema_id="tide/1",
    series=Instrument,
    row=Tide,
    key_time=Column("measured_at", "time", "when"),
    values=(
        Column("level", "float", "how high"),
        Column("gauges", "int", "how many agree", nullable=True),
        Column("note", "text", "what the keeper wrote", nullable=True),
    ),
    available=Column("published_at", "time", "when it was published"),
    when_available=_published,
    fault=lambda tide: None if abs(tide.level) < 100 else "flood",
    period="year",
)


def tides(count: int, seed: int = 1, start: int = YEAR_2024 - 30 * 86_400_000) -> list[Tide]:
    """Irregular: between a millisecond and nearly a day apart; over the turn of a year."""
    rng, time = random.Random(seed), start
    found = []
    for _ in range(count):
        time += rng.choice((1, 997, rng.randrange(86_000_000)))
        note = rng.choice((None, "", "calm", "hohe Flut ≈"))
        found.append(Tide(time, rng.randrange(-999, 999) / 100, rng.choice((None, 0, 7)), note))
    return found


def table_of(rows: list[Tide], now: int = NOW) -> pa.Table:
    return rows_table(TIDES, rows, HARBOUR, now, "native")


def read_back(stores: Stores, as_of: int | None = None) -> list[Tide]:
    table = stores.dataset(TIDES).read(HARBOUR, columns=Tide._fields, as_of=as_of)
    rest = (table.column(name).to_pylist() for name in Tide._fields[1:])
    return [Tide(*row) for row in zip(times_ms(table, "measured_at"), *rest, strict=True)]


def body(stores: Stores, period: str) -> bytes:
    stored = stores.objects.get(keys.data_object(TIDES, HARBOUR, period))
    assert stored is not None
    return stored.body


def test_what_is_written_is_read_back_value_for_value(stores: Stores) -> None:
    rows = tides(300)
    report = stores.dataset(TIDES).merge(HARBOUR, table_of(random.Random(2).sample(rows, 300)), NOW)
    assert (report.added, report.revised, report.periods) == (300, 0, ("2023", "2024"))
    assert read_back(stores) == rows
    store = stores.dataset(TIDES)
    assert store.read(HARBOUR).schema == schema_of(TIDES)
    assert times_ms(store.read(HARBOUR), "published_at") == [row.measured_at + LAG for row in rows]
    part = TimeRange(rows[10].measured_at, rows[-10].measured_at)
    assert store.times(HARBOUR, part) == [row.measured_at for row in rows[10:-10]]
    assert store.available_range(HARBOUR) == TimeRange(rows[0].measured_at, rows[-1].measured_at + 1)
    assert (store.count(HARBOUR), store.count(HARBOUR, part), store.price_scale(HARBOUR)) == (300, 280, 0)
    assert store.merge(HARBOUR, table_of(rows), NOW + 1).unchanged == 300


def test_the_place_is_the_descriptors_and_says_nothing_of_another_dataset(stores: Stores) -> None:
    stores.dataset(TIDES).merge(HARBOUR, table_of(tides(5, start=YEAR_2024)), NOW)
    ((key, _),) = stores.objects.list("")
    assert key == "sea/kind=tides/exchange=binance/symbol=HULL-SEA/period=2024/tides.parquet"
    assert keys.parse_data_object(TIDES, key) == (HARBOUR, "2024")
    metadata = pq.ParquetFile(pa.BufferReader(body(stores, "2024"))).metadata
    assert [column.column_index for column in metadata.row_group(0).sorting_columns] == [0, 5]
    texts = [key, *schema_of(TIDES).names]
    texts += [value.decode() for name, value in metadata.metadata.items() if name != b"ARROW:schema"]
    for item in stores.items._client.scan(TableName=stores.items.name)["Items"]:
        texts += [*item, *(str(value) for value in item.values())]
        assert {"first_measured_at", "last_measured_at"} <= set(item)
    assert not [text for text in texts if "candle" in text or "open_time" in text]


def test_datasets_of_one_instrument_do_not_see_each_other(stores: Stores) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, [YEAR_2024]), NOW)
    sea = stores.dataset(replace(TIDES, name="sea"))
    bitcoin = Instrument.parse("binance/BTC-USDT")
    for store in (stores.dataset(TIDES), sea):
        store.merge(bitcoin, table_of(tides(3)), NOW)
        assert store.stored_series() == [bitcoin]
        heads, _ = store.index.list_series()
        assert [(head.series, head.rows) for head in heads] == [(bitcoin, 3)]
    assert [head.series for head in stores.index.list_series()[0]] == [BTC_1H]
    assert stores.candles.stored_series() == [BTC_1H]


def test_a_restated_row_stays_readable_as_of_before(stores: Stores) -> None:
    rows = tides(40)
    store = stores.dataset(TIDES)
    store.merge(HARBOUR, table_of(rows), NOW)
    known = [i for i, row in enumerate(rows) if row.gauges is not None]
    changed = {known[0]: rows[known[0]]._replace(level=50.0), known[1]: rows[known[1]]._replace(note="storm")}
    silent = rows[known[2]]._replace(gauges=None, note=None)  # says less, so it restates nothing
    report = store.merge(HARBOUR, table_of([*changed.values(), silent], NOW + 10), NOW + 10)
    assert (report.added, report.revised, report.unchanged) == (0, 2, 1)
    assert read_back(stores) == [changed.get(i, row) for i, row in enumerate(rows)]
    assert read_back(stores, as_of=NOW + 9) == rows
    assert read_back(stores, as_of=NOW - 1) == []
    history = sum(store.read_period_history(HARBOUR, period).num_rows for period in ("2023", "2024"))
    assert history == 42


def test_writers_at_once_lose_nothing_and_double_nothing(stores: Stores) -> None:
    rows = tides(160, start=YEAR_2024)

    def write(share: int) -> int:
        # Every second row is written by two of them, and each of them restates a row of its own.
        mine = [row for i, row in enumerate(rows) if i % 16 == share or (i % 2 and i % 16 == (share + 1) % 16)]
        store = stores.dataset(TIDES)
        added = store.merge(HARBOUR, table_of(mine), NOW).added
        restated = rows[share]._replace(level=60.0 + share)
        store.merge(HARBOUR, table_of([restated], NOW + 1 + share), NOW + 1 + share)
        return added

    with ThreadPoolExecutor(16) as pool:
        added = sum(pool.map(write, range(16)))
    assert added == 160
    assert read_back(stores) == [row._replace(level=60.0 + i) if i < 16 else row for i, row in enumerate(rows)]
    history = stores.dataset(TIDES).read_period_history(HARBOUR, "2024")
    assert history.num_rows == 160 + 16
    assert history.filter(pc.is_null(history.column("superseded_at"))).num_rows == 160
    assert stores.dataset(TIDES).index.read(HARBOUR).head_is_true


def test_a_lost_index_is_rebuilt_and_a_damaged_object_is_found(stores: Stores) -> None:
    store = stores.dataset(TIDES)
    store.merge(HARBOUR, table_of(tides(300)), NOW)
    before = store.index.read(HARBOUR)
    for entry in before.entries.values():
        store.index.remove_entry(HARBOUR, entry)
    assert store.repair_index(HARBOUR, NOW).repaired == 2
    assert store.index.read(HARBOUR) == before

    table = pq.read_table(pa.BufferReader(body(stores, "2024")))
    levels = table.column("level").to_pylist()
    levels[3] += 0.01
    edited = table.set_column(2, table.schema.field("level"), pa.array(levels))
    sink = pa.BufferOutputStream()
    pq.write_table(edited, sink)
    stores.objects.put(keys.data_object(TIDES, HARBOUR, "2024"), sink.getvalue().to_pybytes())
    report = store.repair_index(HARBOUR, NOW)
    assert (report.checked, report.removed, report.corrupt) == (2, 1, ("2024",))
    with pytest.raises(CorruptObjectError, match="content that its checksum says"):
        store.merge(HARBOUR, table_of(tides(3, seed=9, start=YEAR_2024)), NOW)


def test_an_object_of_another_series_or_dataset_is_refused(stores: Stores) -> None:
    stores.dataset(TIDES).merge(HARBOUR, table_of(tides(3, start=YEAR_2024)), NOW)
    file = body(stores, "2024")
    with pytest.raises(CorruptObjectError, match="holds tides:binance/HULL-SEA 2024"):
        PeriodFile(TIDES, file, Instrument.parse("binance/OTHER-SEA"), "2024")
    with pytest.raises(CorruptObjectError, match="which no reader knows"):
        PeriodFile(CANDLES, file, BTC_1H, "2024")
    with pytest.raises(InvalidParameterError, match="columns and types of tides"):
        stores.dataset(TIDES).merge(HARBOUR, make_table(BTC_1H, [YEAR_2024]), NOW)


class TideWithWind(NamedTuple):
    measured_at: int
    level: float
    gauges: int | None
    note: str | None
    wind: float | None


def _with_wind(table: pa.Table) -> pa.Table:
    return table.append_column("wind", pa.nulls(table.num_rows, pa.float64()))


def test_objects_of_a_past_schema_are_read_verified_and_merged_into(stores: Stores) -> None:
    rows = tides(20, start=YEAR_2024)
    stores.dataset(TIDES).merge(HARBOUR, table_of(rows), NOW)
    windy = replace(
        TIDES,
        schema_id="tide/2",
        row=TideWithWind,
        values=(*TIDES.values, Column("wind", "float", "m/s", nullable=True)),
        upgrades={"tide/1": _with_wind},
    )
    store = stores.dataset(windy)
    assert store.read(HARBOUR, columns=["wind"]).column("wind").null_count == 20
    report = store.merge(HARBOUR, rows_table(windy, [TideWithWind(*rows[0], 9.5)], HARBOUR, NOW + 1, "native"), NOW + 1)
    assert report.revised == 1
    assert store.read(HARBOUR, columns=["wind"]).column("wind").to_pylist() == [9.5, *[None] * 19]
    assert store.read(HARBOUR, as_of=NOW).num_rows == 20
    assert store.repair_index(HARBOUR, NOW).corrupt == ()
    with pytest.raises(CorruptObjectError, match="which no reader knows"):
        stores.dataset(TIDES).read(HARBOUR)


GOOD = Tide(YEAR_2024 + 5, 1.5, 3, "calm")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (GOOD, None),
        (GOOD._replace(measured_at=NOW + 1), "in_future"),
        (GOOD._replace(measured_at=NOW - LAG + 1), "not_closed"),
        (GOOD._replace(measured_at=NOW - LAG), None),
        (GOOD._replace(measured_at=YEAR_2024 - 1), "out_of_range"),
        (GOOD._replace(level=100.0), "flood"),
    ],
)
def test_a_row_is_refused_by_its_times_and_its_values(row: Tide, reason: str | None) -> None:
    wanted = TimeRange(YEAR_2024, NOW)
    assert TIDES.refusal(row, HARBOUR, wanted=wanted, closed_before=NOW) == reason


def test_two_looks_are_the_same_row_where_neither_contradicts_the_other() -> None:
    assert TIDES.same(GOOD, GOOD._replace(gauges=None, note=None))
    assert not TIDES.same(GOOD, GOOD._replace(gauges=4))
    assert not TIDES.same(GOOD, GOOD._replace(measured_at=GOOD.measured_at + 1))


def test_a_descriptor_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(TypeError, match="named tuple of measured_at, level"):
        replace(TIDES, row=TideWithWind)
    with pytest.raises(TypeError, match="must say its period"):
        replace(TIDES, period=None)
