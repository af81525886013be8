"""The lake: what is merged is what any reader gets back, now and as of any moment before."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from candlecloud.errors import CorruptObjectError, InvalidParameterError
from candlecloud.market.candle import Candle
from candlecloud.market.checksum import content_checksum
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.revision import as_of_view, current_view
from candlecloud.market.rows import rows_table, schema_of, times_ms
from candlecloud.market.series import Series
from candlecloud.store import keys
from candlecloud.store.parquet import FOOTER_KEYS, ROW_GROUP_ROWS, PeriodFile
from candlecloud.store.stores import Stores
from tests.support.candles import BTC_1H, BTC_1M, DAY, HOUR, JAN_2024, MINUTE, grid, make_candles, make_table

FEB_2024 = JAN_2024 + 31 * DAY
BTC_1D = Series.of("binance", "BTC-USDT", "1d")
NOW = JAN_2024 + 100 * DAY


def _body(stores: Stores, series: Series, period: str) -> bytes:
    stored = stores.objects.get(keys.data_object(CANDLES, series, period))
    assert stored is not None
    return stored.body


# --- round trip -------------------------------------------------------------------------------------------------------


def test_duckdb_reads_every_value_that_went_in(stores: Stores, tmp_path: Path) -> None:
    candles = make_candles(grid(BTC_1M, FEB_2024 - 20_000 * MINUTE, 25_000))
    report = stores.candles.merge(BTC_1M, rows_table(CANDLES, candles, BTC_1M, 1, "native"), NOW)
    assert (report.added, report.revised, report.unchanged, report.periods) == (25_000, 0, 0, ("2024-01", "2024-02"))
    for key, _ in stores.objects.list("candles/"):
        stored = stores.objects.get(key)
        assert stored is not None
        (tmp_path / key).parent.mkdir(parents=True)
        (tmp_path / key).write_bytes(stored.body)
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        rows = db.execute(
            f"SELECT epoch_ms(open_time), open, high, low, close, volume_base, volume_quote, trades, "
            f"epoch_ms(close_time), epoch_ms(ingested_at), superseded_at, source, exchange, symbol, timeframe, period "
            f"FROM read_parquet('{tmp_path}/candles/**/*.parquet', hive_partitioning=true) ORDER BY open_time"
        ).fetchall()
    assert len(rows) == len(candles)
    assert any(None in row[5:8] for row in rows)
    for row, candle in zip(rows, candles, strict=True):
        assert Candle(*row[:8]) == candle
        period = "2024-02" if candle.open_time >= FEB_2024 else "2024-01"
        extra = (candle.open_time + MINUTE, NOW, None, "native", "binance", "BTC-USDT", "1m", period)
        assert row[8:] == extra


def test_a_read_is_what_was_merged(stores: Stores) -> None:
    times = list(grid(BTC_1H, JAN_2024 - 500 * HOUR, 1000))
    table = make_table(BTC_1H, times, now=NOW)
    shuffled = table.take(random.Random(3).sample(range(1000), 1000))
    assert stores.candles.merge(BTC_1H, shuffled, NOW).periods == ("2023", "2024")
    assert stores.candles.read(BTC_1H).equals(table)
    assert stores.candles.read(BTC_1H).schema == schema_of(CANDLES)
    span = TimeRange(JAN_2024 - 3 * HOUR, JAN_2024 + 2 * HOUR)
    assert times_ms(stores.candles.read(BTC_1H, span)) == [t for t in times if span.contains(t)]
    assert stores.candles.times(BTC_1H, span) == [t for t in times if span.contains(t)]


def test_columns_are_those_asked_for_in_that_order(stores: Stores) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 50)), NOW)
    assert stores.candles.read(BTC_1H, columns=["close", "open_time"]).column_names == ["close", "open_time"]
    assert stores.candles.read(BTC_1H, columns=["trades"]).num_rows == 50
    with pytest.raises(InvalidParameterError, match="'volume' is not a column"):
        stores.candles.read(BTC_1H, columns=["volume"])


SPANS = [None, TimeRange(JAN_2024, JAN_2024), TimeRange(0, 2**70), TimeRange(2**52, 2**53), TimeRange(-(2**70), -5)]


def test_times_beyond_all_calendars_are_no_error(stores: Stores) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, [JAN_2024]), NOW)
    everything = TimeRange(-(2**70), 2**70)
    assert stores.candles.times(BTC_1H, everything) == [JAN_2024]
    assert stores.candles.count(BTC_1H, everything) == 1
    assert stores.candles.read(BTC_1H, everything, as_of=2**70).num_rows == 1
    assert stores.candles.read(BTC_1H, as_of=-(2**70)).num_rows == 0
    assert stores.candles.times(BTC_1H, TimeRange(2**70, 2**71)) == []


@pytest.mark.parametrize("span", SPANS)
def test_an_empty_series_reads_as_no_rows(stores: Stores, span: TimeRange | None) -> None:
    table = stores.candles.read(BTC_1M) if span is None else stores.candles.read(BTC_1M, span)
    assert table.schema == schema_of(CANDLES)
    assert table.num_rows == 0
    assert stores.candles.available_range(BTC_1M) is None
    assert stores.candles.count(BTC_1M) == 0
    assert stores.candles.price_scale(BTC_1M) == 0
    assert stores.index.head(BTC_1M) is None


def test_nothing_to_merge_writes_nothing(stores: Stores) -> None:
    report = stores.candles.merge(BTC_1M, schema_of(CANDLES).empty_table(), NOW)
    assert (report.added, report.periods) == (0, ())
    assert list(stores.objects.list("")) == []


def test_another_schema_is_refused(stores: Stores) -> None:
    table = make_table(BTC_1M, [JAN_2024])
    with pytest.raises(InvalidParameterError, match="columns and types of candles"):
        stores.candles.merge(BTC_1M, table.drop_columns(["trades"]), NOW)


def test_long_ranges_and_objects_beyond_the_index_are_read(stores: Stores) -> None:
    times = [JAN_2024 + day * DAY for day in range(0, 900, 25)]
    stores.candles.merge(BTC_1M, make_table(BTC_1M, times), NOW)
    for item in stores.index.read(BTC_1M).entries.values():
        stores.index.remove_entry(BTC_1M, item)
    assert stores.candles.times(BTC_1M) == times
    assert stores.candles.times(BTC_1M, TimeRange(times[3], times[-3])) == times[3:-3]
    assert stores.candles.count(BTC_1M) == len(times)
    assert stores.candles.available_range(BTC_1M) == TimeRange(times[0], times[-1] + MINUTE)
    assert stores.candles.price_scale(BTC_1M) == 2


def test_counts_and_ranges(stores: Stores) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024 - 10 * HOUR, 30)), NOW)
    assert stores.candles.available_range(BTC_1H) == TimeRange(JAN_2024 - 10 * HOUR, JAN_2024 + 20 * HOUR)
    assert stores.candles.count(BTC_1H) == 30
    assert stores.candles.count(BTC_1H, TimeRange(JAN_2024 - HOUR, JAN_2024 + 3 * HOUR)) == 4
    assert stores.candles.count(BTC_1H, TimeRange(JAN_2024 + 20 * HOUR, JAN_2024 + 30 * HOUR)) == 0
    assert stores.candles.stored_series() == [BTC_1H]


def test_series_of_similar_names_do_not_mix(stores: Stores) -> None:
    spot, perpetual = BTC_1M, Series.of("binance", "BTC/USDT:USDT", "1m")
    stores.candles.merge(spot, make_table(spot, [JAN_2024]), NOW)
    stores.candles.merge(perpetual, make_table(perpetual, [JAN_2024 + MINUTE]), NOW)
    stores.candles.merge(BTC_1D, make_table(BTC_1D, [JAN_2024]), NOW)
    assert stores.candles.times(spot) == [JAN_2024]
    assert stores.candles.times(perpetual) == [JAN_2024 + MINUTE]
    assert [series.id for series in stores.candles.stored_series()] == [
        "binance/BTC-USDT/1d",
        "binance/BTC-USDT/1m",
        "binance/BTC-USDT_USDT/1m",
    ]


# --- revisions --------------------------------------------------------------------------------------------------------


def test_a_restated_candle_stays_readable_as_of_before(stores: Stores) -> None:
    times = list(grid(BTC_1H, JAN_2024, 10))
    first, second = make_table(BTC_1H, times, seed=1), make_table(BTC_1H, times[4:6], seed=2)
    stores.candles.merge(BTC_1H, first, NOW)
    before = stores.candles.read(BTC_1H)
    report = stores.candles.merge(BTC_1H, second, NOW + 50)
    assert (report.added, report.revised, report.unchanged) == (0, 2, 0)
    assert stores.candles.count(BTC_1H) == 10
    assert stores.candles.read(BTC_1H, columns=["close"]).column(0).to_pylist()[4:6] == second["close"].to_pylist()
    assert stores.candles.read(BTC_1H, as_of=NOW + 49, columns=before.column_names[:9]).equals(before.select(range(9)))
    assert stores.candles.read(BTC_1H, as_of=NOW + 50).equals(stores.candles.read(BTC_1H))
    assert stores.candles.read(BTC_1H, as_of=NOW - 1).num_rows == 0
    history = stores.candles.read_period_history(BTC_1H, "2024")
    assert history.num_rows == 12
    assert as_of_view(history, NOW + 49).num_rows == current_view(history).num_rows == 10
    entry = stores.index.read(BTC_1H).entries["2024"]
    assert (entry.current, entry.rows, entry.sequence) == (10, 12, 2)


def test_merging_again_writes_nothing(stores: Stores) -> None:
    table = make_table(BTC_1H, grid(BTC_1H, JAN_2024, 100))
    stores.candles.merge(BTC_1H, table, NOW)
    before = list(stores.objects.list("candles/")), stores.index.read(BTC_1H)
    report = stores.candles.merge(BTC_1H, table, NOW + 5)
    assert (report.added, report.revised, report.unchanged, report.periods) == (0, 0, 100, ())
    assert (list(stores.objects.list("candles/")), stores.index.read(BTC_1H)) == before


# --- the object -------------------------------------------------------------------------------------------------------


def test_the_file_is_laid_out_as_documented(stores: Stores) -> None:
    stores.candles.merge(BTC_1M, make_table(BTC_1M, grid(BTC_1M, JAN_2024, 25_000)), NOW)
    body = _body(stores, BTC_1M, "2024-01")
    file = pq.ParquetFile(pa.BufferReader(body))
    metadata = file.metadata
    groups = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert groups == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 4840]
    assert metadata.format_version == "2.6"
    for i, name in enumerate(schema_of(CANDLES).names):
        column = metadata.row_group(0).column(i)
        assert (column.path_in_schema, column.compression, column.is_stats_set) == (name, "ZSTD", True)
    assert str(file.schema.column(0).logical_type).startswith("Timestamp(isAdjustedToUTC=true, timeUnit=milliseconds")
    assert [c.column_index for c in metadata.row_group(0).sorting_columns] == [0, 9]
    assert {key.decode() for key in metadata.metadata} == {*FOOTER_KEYS, "ARROW:schema"}
    stored = stores.objects.get(keys.data_object(CANDLES, BTC_1M, "2024-01"))
    assert stored is not None
    footer = PeriodFile(CANDLES, body, BTC_1M, "2024-01").footer
    assert (footer.sequence, footer.price_scale, len(footer.write_ids)) == (1, 2, 1)
    assert footer.checksum == content_checksum(stores.candles.read_period_history(BTC_1M, "2024-01"), "open_time")
    assert dict(stored.metadata) == {"schema": "candle/1", "sequence": "1", "checksum": footer.checksum}


def test_row_groups_outside_the_range_are_not_decoded(stores: Stores) -> None:
    stores.candles.merge(BTC_1M, make_table(BTC_1M, grid(BTC_1M, JAN_2024, 3 * ROW_GROUP_ROWS)), NOW)
    body = bytearray(_body(stores, BTC_1M, "2024-01"))
    last_group = pq.ParquetFile(pa.BufferReader(bytes(body))).metadata.row_group(2)
    at = last_group.column(0).dictionary_page_offset or last_group.column(0).data_page_offset
    body[at : at + 400] = bytes(400)
    file = PeriodFile(CANDLES, bytes(body), BTC_1M, "2024-01")
    assert file.read(["close"], TimeRange(JAN_2024, JAN_2024 + ROW_GROUP_ROWS * MINUTE)).num_rows == ROW_GROUP_ROWS
    with pytest.raises(CorruptObjectError, match="damaged page"):
        file.read(["close"])


def test_price_scale_only_grows(stores: Stores) -> None:
    def merge(day: int, price: float) -> None:
        candle = Candle(JAN_2024 + day * DAY, price, price, price, price, None, None, None)
        stores.candles.merge(BTC_1D, rows_table(CANDLES, [candle], BTC_1D, NOW, "native"), NOW)

    merge(0, 100.125)
    merge(1, 100.5)
    assert stores.candles.price_scale(BTC_1D) == 3
    merge(400, 0.00001)
    assert stores.candles.price_scale(BTC_1D) == 5
    head = stores.index.head(BTC_1D)
    assert head is not None
    assert head.price_scale == 5


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda body: body[: len(body) // 2], "not a whole Parquet file"),
        (lambda body: b"", "not a whole Parquet file"),
        (lambda body: b"<html>" + body[6:-8], "not a whole Parquet file"),
        (lambda body: _without_footer(body), "schema id None"),
        (lambda body: _with_footer(body, {"candlecloud.schema": "candle/99"}), "schema id 'candle/99'"),
        (lambda body: _with_footer(body, {"candlecloud.schema": "candle/1"}), "incomplete footer"),
    ],
    ids=["torn", "empty", "html", "no footer", "future schema", "half a footer"],
)
def test_a_damaged_object_is_named(stores: Stores, damage: Any, message: str) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 10)), NOW)
    stores.objects.put(keys.data_object(CANDLES, BTC_1H, "2024"), damage(_body(stores, BTC_1H, "2024")))
    with pytest.raises(CorruptObjectError, match=message) as raised:
        stores.candles.read(BTC_1H)
    assert raised.value.details == {"series": "binance/BTC-USDT/1h", "period": "2024"}
    with pytest.raises(CorruptObjectError):
        stores.candles.merge(BTC_1H, make_table(BTC_1H, [JAN_2024]), NOW)


def test_an_object_under_another_name_is_refused(stores: Stores) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 10)), NOW)
    other = Series.of("kraken", "BTC-USDT", "1h")
    stores.objects.put(keys.data_object(CANDLES, other, "2024"), _body(stores, BTC_1H, "2024"))
    with pytest.raises(CorruptObjectError, match="holds binance/BTC-USDT/1h 2024"):
        stores.candles.read(other)


def test_files_that_are_not_ours_are_passed_over(stores: Stores) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 10)), NOW)
    stores.objects.put(keys.data_prefix(CANDLES, BTC_1H) + "2024/notes.txt", b"hello")
    stores.objects.put("candles/readme.txt", b"hello")
    assert stores.candles.count(BTC_1H) == 10
    assert stores.candles.repair_index(BTC_1H, NOW).checked == 1
    assert stores.candles.stored_series() == [BTC_1H]


def test_any_single_edited_cell_is_found(stores: Stores) -> None:
    """Every column of several rows, nulls and revisions among them: the checksum differs, and repair says so."""
    times = list(grid(BTC_1H, JAN_2024, 60))
    stores.candles.merge(BTC_1H, make_table(BTC_1H, times), NOW)
    stores.candles.merge(BTC_1H, make_table(BTC_1H, times[:3], seed=2), NOW + 1)
    key = keys.data_object(CANDLES, BTC_1H, "2024")
    table = stores.candles.read_period_history(BTC_1H, "2024")
    true = content_checksum(table, "open_time")
    file = PeriodFile(CANDLES, _body(stores, BTC_1H, "2024"), BTC_1H, "2024")
    seen = {true}
    edits = [(row, name) for row in (0, 1, 30, table.num_rows - 1) for name in schema_of(CANDLES).names]
    for row, name in edits:
        edited = _edit(table, row, name)
        assert not edited.equals(table)
        seen.add(content_checksum(edited, "open_time"))
    assert len(seen) == len(edits) + 1

    sink = pa.BufferOutputStream()
    pq.write_table(_edit(table, 30, "close").replace_schema_metadata(file.footer.to_metadata()), sink)
    stores.objects.put(key, sink.getvalue().to_pybytes())
    with pytest.raises(CorruptObjectError, match="checksum"):
        stores.candles.merge(BTC_1H, make_table(BTC_1H, [times[-1] + HOUR]), NOW)
    report = stores.candles.repair_index(BTC_1H, NOW)
    assert report.corrupt == ("2024",)
    assert stores.index.read(BTC_1H).entries == {}


def _edit(table: pa.Table, row: int, name: str) -> pa.Table:
    """The table with one cell changed by as little as its type allows; unknown becomes 0, the last bit flips."""
    at = schema_of(CANDLES).get_field_index(name)
    values = table.column(name).to_pylist()
    old = values[row]
    if isinstance(old, float):
        values[row] = old + old * 2**-52
    elif isinstance(old, datetime):
        values[row] = datetime.fromtimestamp(old.timestamp() + 0.001, UTC)
    elif old is None:
        values[row] = datetime.fromtimestamp(0, UTC) if name.endswith("_at") else 0
    else:
        values[row] = old + (1 if isinstance(old, int) else "!")
    return table.set_column(at, schema_of(CANDLES).field(name), pa.array(values, schema_of(CANDLES).field(name).type))


def _without_footer(body: bytes) -> bytes:
    return _with_footer(body, {})


def _with_footer(body: bytes, footer: dict[str, str]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pq.read_table(pa.BufferReader(body)).replace_schema_metadata(footer), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content
