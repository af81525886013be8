"""Candles: validation, revisions, checksums and periods."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from candlecloud.market.candle import QUARANTINE_REASONS, Candle
from candlecloud.market.checksum import content_checksum, day_checksums, market_checksum
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.revision import as_of_view, current_view, merge_rows
from candlecloud.market.rows import empty_table, price_scale, rows_table, schema_of, times_ms
from candlecloud.market.series import Series

BTC_1M = Series.of("binance", "BTC-USDT", "1m")
START = 1_704_067_200_000
GOOD = Candle(START, 10.0, 12.0, 9.5, 11.0, 3.0, 33.0, 7)
WANTED = TimeRange(START, START + 3_600_000)
LATE = START + 86_400_000


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"volume_quote": None, "trades": None}, None),
        ({"volume_base": 0.0, "trades": 0}, None),
        ({"open_time": START + 1}, "off_grid"),
        ({"open_time": START - 60_000}, "out_of_range"),
        ({"open_time": START + 3_600_000}, "out_of_range"),
        ({"open_time": LATE + 60_000}, "in_future"),
        ({"open_time": LATE}, "not_closed"),
        ({"close": math.nan}, "not_finite"),
        ({"volume_base": math.inf}, "not_finite"),
        ({"low": 0.0}, "not_positive"),
        ({"open": -1.0}, "not_positive"),
        ({"high": 10.5}, "high_low_bounds"),
        ({"low": 10.5}, "high_low_bounds"),
        ({"volume_quote": -0.1}, "negative_volume"),
        ({"trades": -1}, "negative_volume"),
    ],
)
def test_validation_names_the_reason(change: dict[str, float], reason: str | None) -> None:
    assert CANDLES.refusal(GOOD._replace(**change), BTC_1M, wanted=WANTED, closed_before=LATE) == reason
    assert reason is None or reason in QUARANTINE_REASONS


def rows(count: int, **change: float) -> list[Candle]:
    return [GOOD._replace(open_time=START + i * 60_000, **change) for i in range(count)]


def merged(*steps: tuple[int, list[Candle]]) -> pa.Table:
    table = empty_table(CANDLES)
    for now, candles in steps:
        table = merge_rows(CANDLES, table, rows_table(CANDLES, candles, BTC_1M, now, "native"), now).table
    return table


def test_a_restated_candle_supersedes_and_the_old_one_stays() -> None:
    table = merged((100, rows(3)), (200, [GOOD._replace(close=11.5)]))
    assert table.num_rows == 4
    assert current_view(table).num_rows == 3
    assert current_view(table).column("close").to_pylist() == [11.5, 11.0, 11.0]
    assert as_of_view(table, 150).column("close").to_pylist() == [11.0, 11.0, 11.0]
    assert as_of_view(table, 200).column("close").to_pylist() == [11.5, 11.0, 11.0]
    assert as_of_view(table, 99).num_rows == 0


def test_unknown_never_supersedes_known_but_known_supersedes_unknown() -> None:
    table = merged((100, rows(1)), (200, [GOOD._replace(trades=None)]))
    assert table.num_rows == 1
    table = merged((100, [GOOD._replace(volume_quote=None)]), (200, rows(1)))
    assert current_view(table).column("volume_quote").to_pylist() == [33.0]
    assert table.num_rows == 2


@given(
    st.lists(
        st.tuples(st.integers(1, 10**6), st.lists(st.tuples(st.integers(0, 5), st.integers(9, 12)), max_size=6)),
        max_size=6,
    )
)
def test_merging_is_idempotent_loses_nothing_and_keeps_one_current_row(
    steps: list[tuple[int, list[tuple[int, int]]]],
) -> None:
    table = empty_table(CANDLES)
    seen: dict[int, float] = {}
    views: list[tuple[int, dict[int, float]]] = []
    now = 0
    for pause, pages in steps:
        now += pause
        page = [GOOD._replace(open_time=START + slot * 60_000, close=float(close)) for slot, close in pages]
        incoming = rows_table(CANDLES, [c._replace(high=13.0, low=8.0) for c in page], BTC_1M, now, "native")
        result = merge_rows(CANDLES, table, incoming, now)
        again = merge_rows(CANDLES, result.table, incoming, now + 1)
        assert not again.changed
        assert again.table.equals(result.table)
        assert result.added + result.revised + result.unchanged == len({c.open_time for c in page})
        table = result.table
        seen.update({c.open_time: c.close for c in page})
        views.append((now, dict(seen)))
    assert table.schema.equals(schema_of(CANDLES))
    for moment, expected in views:
        view = as_of_view(table, moment)
        assert dict(zip(times_ms(view), view.column("close").to_pylist(), strict=True)) == expected
    assert current_view(table).num_rows == len(seen)


def test_a_writer_that_was_overtaken_changes_nothing_that_was_learned_after_it() -> None:
    """It looked at 200, lost the race of its write to one that looked at 205, and merges anew."""
    overtaken = rows_table(CANDLES, [GOOD._replace(close=11.25), rows(2)[1]], BTC_1M, 200, "native")
    table = merged((100, rows(1)), (205, [GOOD._replace(close=11.5)]))
    result = merge_rows(CANDLES, table, overtaken, 200)
    assert (result.added, result.revised, result.unchanged) == (1, 0, 1)
    closes = {moment: as_of_view(result.table, moment).column("close").to_pylist() for moment in (100, 204, 205)}
    assert closes == {100: [11.0], 204: [11.0, 11.0], 205: [11.5, 11.0]}
    assert current_view(result.table).column("close").to_pylist() == [11.5, 11.0]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(9, 12)), max_size=12))
def test_whatever_the_order_of_writers_there_is_one_row_at_every_moment(steps: list[tuple[int, int]]) -> None:
    table = empty_table(CANDLES)
    for now, close in steps:
        page = rows_table(CANDLES, [GOOD._replace(high=13.0, low=8.0, close=float(close))], BTC_1M, now, "native")
        result = merge_rows(CANDLES, table, page, now)
        assert result.added + result.revised + result.unchanged == 1
        assert merge_rows(CANDLES, result.table, page, now).table.equals(result.table)
        table = result.table
        assert current_view(table).num_rows == 1
    for moment in {-1, *(now for now, _ in steps), 52}:  # between two writes nothing changes
        assert as_of_view(table, moment).num_rows <= 1


@given(st.integers(0, 2999), st.sampled_from(schema_of(CANDLES).names))
def test_any_single_edited_cell_changes_the_checksum_and_the_day_is_named(row: int, name: str) -> None:
    table = merged((100, rows(3000)))
    edited = _edit(table, row, name)
    assert content_checksum(edited, "open_time") != content_checksum(table, "open_time")
    before, after = day_checksums(table, "open_time"), day_checksums(edited, "open_time")
    assert {day for day in before | after if before.get(day) != after.get(day)}


def _edit(table: pa.Table, row: int, name: str) -> pa.Table:
    column = table.column(name)
    if pa.types.is_string(column.type):
        cells = [*column.to_pylist()]
        cells[row] = "Native"
        changed = pa.array(cells, column.type)
    else:
        cells = column.cast(pa.float64() if pa.types.is_floating(column.type) else pa.int64()).to_pylist()
        cells[row] = 1 if cells[row] is None else cells[row] + 1
        changed = pa.array(cells).cast(column.type)
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), changed)


def test_market_checksum_sees_values_and_not_when_we_learned_them() -> None:
    early, late = merged((100, rows(5))), merged((900, rows(5)))
    assert market_checksum(early) == market_checksum(late)
    assert content_checksum(early, "open_time") != content_checksum(late, "open_time")
    assert market_checksum(merged((100, rows(5, close=11.25)))) != market_checksum(early)
    assert market_checksum(merged((100, rows(5, volume_quote=None)))) != market_checksum(early)


def test_price_scale() -> None:
    tiny = GOOD._replace(open=1e-07, high=12.0, low=1e-08, close=0.25)
    assert price_scale(rows_table(CANDLES, [GOOD], BTC_1M, 1, "native"), CANDLES.prices) == 1
    assert price_scale(rows_table(CANDLES, [tiny], BTC_1M, 1, "native"), CANDLES.prices) == 8
    assert price_scale(empty_table(CANDLES), CANDLES.prices) == 0
