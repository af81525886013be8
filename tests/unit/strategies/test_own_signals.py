"""A file of own signals: what goes in comes out beside the right bars, and a wrong cell is found wherever it is."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from candlecloud.errors import CorruptObjectError, InvalidParameterError
from candlecloud.market.instant import iso
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.strategies.signals.check import check_signals
from candlecloud.strategies.signals.coverage import check_coverage
from candlecloud.strategies.signals.file import SignalsFile
from candlecloud.strategies.signals.read_file import ARROW_STREAM, CSV, PARQUET, check_rows
from candlecloud.strategies.signals.spec import Fill
from candlecloud.strategies.signals.strategy import signals_strategy
from tests.golden.bars import bars_of

HOUR = 3_600_000
FIRST = 1_700_000_000_000 // HOUR * HOUR
SERIES = Series.of("binance", "BTC-USDT", "1h")
STORED = TimeRange(FIRST, FIRST + 1_000 * HOUR)
Cell = tuple[int, float, float]

targets = st.floats(-1.0, 1.0)
cells = st.lists(
    st.tuples(st.integers(0, 60), targets, st.floats(0.0, 1.0)), min_size=1, max_size=40, unique_by=lambda cell: cell[0]
).map(sorted)


def csv_of(rows: list[Cell], *, sized: bool) -> bytes:
    names = ["open_time", "target", "size"][: 3 if sized else 2]
    lines = [",".join([iso(FIRST + place * HOUR), repr(x), repr(size)][: len(names)]) for place, x, size in rows]
    return "\n".join([",".join(names), *lines]).encode()


def checked(body: bytes, media: str = CSV) -> SignalsFile:
    return check_signals(body, media, SERIES, STORED)


def refusal(body: bytes, media: str = CSV) -> dict[str, Any]:
    with pytest.raises(InvalidParameterError) as caught:
        checked(body, media)
    return caught.value.details


def beside(file: SignalsFile, places: list[int], fill: Fill | None, number: int = 0) -> tuple[Any, Any]:
    """Targets and sizes on bars at these places of the grid."""
    found = signals_strategy(file, fill)
    opened = np.array([FIRST + place * HOUR for place in places], np.int64)
    bars = replace(bars_of([100.0] * len(places), [100.0] * len(places)), open_time=opened, close_time=opened + HOUR)
    sizes = None if found.size is None else found.size(bars, {"set": number})
    return found.target(bars, {"set": number}), sizes


@given(cells, st.booleans(), st.sampled_from([None, "hold", "flat"]), st.sets(st.integers(0, 70), min_size=1))
def test_each_bar_gets_the_row_of_its_open_time(
    rows: list[Cell], sized: bool, fill: Fill | None, read: set[int]
) -> None:
    """Written as a loop: a bar's own row, else what the fill says, else a refusal, by check and engine alike."""
    file, places = checked(csv_of(rows, sized=sized)), sorted(read)
    own = {place: (target, size if sized else 1.0) for place, target, size in rows}
    wanted: list[tuple[float, float] | None] = []
    held: tuple[float, float] | None = None
    for place in range(max(places) + 1):
        held = own.get(place, held)
        filled = {None: None, "hold": held, "flat": (0.0, 1.0)}[fill]
        if place in read:
            wanted.append(own.get(place, filled))
    opened = [FIRST + place * HOUR for place in places]
    if None in wanted:
        with pytest.raises(InvalidParameterError, match="row"):
            check_coverage(file, [0], opened, fill)
        with pytest.raises(InvalidParameterError, match="no row"):
            beside(file, places, fill)
        return
    check_coverage(file, [0], opened, fill)
    target, size = beside(file, places, fill)
    assert target.tolist() == [cell[0] for cell in wanted if cell]
    assert not np.signbit(target[target == 0.0]).any()
    assert (None if size is None else size.tolist()) == ([cell[1] for cell in wanted if cell] if sized else None)


@given(st.lists(cells, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_sets_are_the_same_file_in_any_form_and_order_between_them(sets: list[list[Cell]], rng: Any) -> None:
    long = [(FIRST + place * HOUR, target, k) for k, rows in enumerate(sets) for place, target, _ in rows]
    queues = [[cell for cell in long if cell[2] == k] for k in range(len(sets))]
    shuffled = []
    while any(queues):
        shuffled.append(rng.choice([queue for queue in queues if queue]).pop(0))
    files = [checked(parquet(cells), PARQUET) for cells in (long, shuffled)]
    assert len({file.id for file in files}) == 1
    assert len(files[0]) == len(sets)
    stored = SignalsFile(files[0].body, files[0].id)
    for k, rows in enumerate(sets):
        assert stored.rows(k).target.to_pylist() == [target for _, target, _ in rows]
    missing = sum(rows[-1][0] - rows[0][0] + 1 - len(rows) for rows in sets)
    assert stored.describe()["missing_rows"] == missing


def parquet(long: list[tuple[int, float, int]]) -> bytes:
    times, target, number = zip(*long, strict=True)
    sink = io.BytesIO()
    pq.write_table(pa.table({"open_time": pa.array(times, pa.int64()), "target": target, "set": number}), sink)
    return sink.getvalue()


@given(cells, st.data())
def test_a_wrong_cell_is_named_by_column_and_row(rows: list[Cell], data: st.DataObject) -> None:
    lines = csv_of(rows, sized=True).decode().splitlines()
    row, column = data.draw(st.integers(1, len(rows))), data.draw(st.sampled_from(["open_time", "target", "size"]))
    wrong = {
        "open_time": ["", "noon", "2023-13-01", iso(FIRST + HOUR // 2), "1700000000", iso(FIRST - HOUR), "nan"],
        "target": ["", "long", "1.0000001", "-2", "nan", "inf", "1,0"[:1] + "x"],
        "size": ["", "all", "-0.1", "1.1", "NaN", "-inf"],
    }
    parts = lines[row].split(",")
    parts[["open_time", "target", "size"].index(column)] = data.draw(st.sampled_from(wrong[column]))
    lines[row] = ",".join(parts)
    details = refusal("\n".join(lines).encode())
    assert (details["field"], details["row"]) == (column, row)


@given(cells.filter(lambda rows: len(rows) > 1), st.data())
def test_rows_out_of_order_or_there_twice_are_named(rows: list[Cell], data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(rows) - 1))
    swapped = [*rows[: at - 1], rows[at], rows[at - 1], *rows[at + 1 :]]
    assert refusal(csv_of(swapped, sized=False))["row"] == at + 1
    assert refusal(csv_of([*rows[:at], rows[at - 1], *rows[at:]], sized=False))["row"] == at + 1


def test_types_that_carry_times_and_numbers() -> None:
    opened = pa.array([FIRST, FIRST + HOUR], pa.int64())
    stamps = opened.cast(pa.timestamp("ms"))
    times = [opened, stamps, stamps.cast(pa.timestamp("ns")), stamps.cast(pa.timestamp("ms", tz="UTC"))]
    times += [stamps.cast(pa.timestamp("ms", tz="UTC")).cast(pa.timestamp("us", tz="Asia/Tokyo"))]
    times += [pa.array([iso(FIRST), iso(FIRST + HOUR)]), pa.array([str(FIRST), str(FIRST + HOUR)])]
    times += [pa.array([iso(FIRST), str(FIRST + HOUR)]), pa.array([iso(FIRST), iso(FIRST + HOUR)]).dictionary_encode()]
    numbers = [pa.array([1, 0], pa.int8()), pa.array([1.0, 0.0], pa.float32()), pa.array(["1", " -0.0"])]
    ids = {checked(stream(time, number), ARROW_STREAM).id for time in times for number in numbers}
    assert len(ids) == 1
    for wrong in (pa.array([True, False]), stamps, pa.array([None, 1.0]), pa.array([[1], [0]])):
        assert refusal(stream(opened, wrong), ARROW_STREAM)["field"] == "target"
    for wrong in (pa.array([1.5, 2.5]), pa.array([True, False]), pa.array([None, FIRST])):
        assert refusal(stream(wrong, numbers[0]), ARROW_STREAM)["field"] == "open_time"
    late = pa.array([FIRST * 1_000_000 + 1, FIRST * 1_000_000], pa.timestamp("ns"))
    assert refusal(stream(late, numbers[0]), ARROW_STREAM)["row"] == 1


def stream(time: pa.Array, target: pa.Array) -> bytes:
    table, sink = pa.table({"open_time": time, "target": target}), io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def test_an_edited_file_is_found() -> None:
    file, other = (checked(csv_of([(0, x, 1.0), (1, 0.0, 1.0)], sized=False)) for x in (1.0, 0.5))
    with pytest.raises(CorruptObjectError, match="not what its id says"):
        SignalsFile(other.body, file.id)
    ours, theirs = (pq.ParquetFile(pa.BufferReader(each.body)) for each in (file, other))
    sink = io.BytesIO()
    pq.write_table(theirs.read().replace_schema_metadata(ours.schema_arrow.metadata), sink)
    with pytest.raises(CorruptObjectError, match="content"):
        SignalsFile(sink.getvalue(), file.id).rows(0)
    with pytest.raises(CorruptObjectError, match="no file of signals"):
        SignalsFile(b"PAR1", file.id)


def test_more_rows_than_fit_are_refused() -> None:
    with pytest.raises(InvalidParameterError, match="5,000,001 rows"):
        check_rows(5_000_001)
