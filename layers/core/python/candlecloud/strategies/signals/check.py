"""The check of an uploaded file: every cell, the order of rows, the series' grid and its stored range."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.market.instant import iso
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.strategies.signals.cells import fractions_of, times_of, whole_numbers_of
from candlecloud.strategies.signals.file import Rows, SignalsFile, write_signals
from candlecloud.strategies.signals.read_file import check_rows, read_file
from candlecloud.strategies.signals.refusals import first_true, refuse_file, refuse_row
from candlecloud.strategies.signals.spec import MAX_SETS


def check_signals(body: bytes, media_type: str, series: Series, stored: TimeRange) -> SignalsFile:
    """Check a file and write it in the one way that equal targets share.

    Parameters
    ----------
    media_type : str
        One of `candlecloud.strategies.signals.read_file.MEDIA_TYPES`.
    stored : TimeRange
        First open to last close of the series' stored candles.

    Raises
    ------
    InvalidParameterError
        Naming the column and the row that is wrong, and what to do.
    """
    table = read_file(body, media_type)
    open_time = times_of(table.column("open_time"))
    _check_places(open_time, series, stored)
    sets = _long(table, open_time) if "target" in table.column_names else _wide(table, open_time)
    return SignalsFile(write_signals(series, sets))


def _check_places(open_time: pa.Array, series: Series, stored: TimeRange) -> None:
    """Each open time is one of the series' grid, and lies within what is stored."""
    step = series.timeframe.ms
    off = first_true(pc.not_equal(pc.multiply(pc.divide(open_time, step), step), open_time))
    if off is not None:
        at = open_time[off].as_py()
        refuse_row(
            "open_time",
            off,
            iso(at),
            f"({iso(at)}) is no open time of a {series.timeframe} candle",
            f"The candle that holds it opens at {iso(series.timeframe.floor(at))}.",
        )
    outside = first_true(pc.or_(pc.less(open_time, stored.start), pc.greater_equal(open_time, stored.end)))
    if outside is not None:
        at = open_time[outside].as_py()
        reach = f"{iso(stored.start)} to {iso(stored.end - step)}"
        refuse_row(
            "open_time",
            outside,
            iso(at),
            f"({iso(at)}) lies outside the stored candles of {series.id}, which open from {reach}",
            "Leave out the rows outside, or fetch the candles first with POST /ingestion/backfill.",
        )


def _long(table: pa.Table, open_time: pa.Array) -> list[Rows]:
    """One target column; a column `set` parts several sets."""
    names = table.column_names
    columns = Rows(
        open_time,
        fractions_of(table.column("target"), "target", -1.0, 1.0),
        fractions_of(table.column("size"), "size", 0.0, 1.0) if "size" in names else None,
    )
    if "set" in names:
        return _parted(columns, whole_numbers_of(table.column("set"), "set", MAX_SETS - 1))
    _check_order(columns.open_time, None)
    return [columns]


def _parted(columns: Rows, numbers_of_sets: pa.Array) -> list[Rows]:
    """Rows by set, each set's in the order of the file."""
    places = pa.array(range(len(columns.open_time)), pa.int64())
    keyed = pa.table({"set": numbers_of_sets, "place": places})
    order = pc.sort_indices(keyed, sort_keys=[("set", "ascending"), ("place", "ascending")])
    sets, times = numbers_of_sets.take(order), columns.open_time.take(order)
    _check_order(times, sets, order)
    target = columns.target.take(order)
    size = None if columns.size is None else columns.size.take(order)
    runs = pc.run_end_encode(sets)
    numbers, ends = runs.values.to_pylist(), runs.run_ends.to_pylist()
    if numbers != list(range(len(numbers))):
        lacking = next(k for k, number in enumerate([*numbers, -1]) if k != number)
        refuse_file(
            f"The column set has no {lacking}: sets are numbered from 0 without a hole.",
            f"Number them 0 to {len(numbers) - 1}.",
            column="set",
        )
    starts = [0, *ends[:-1]]
    return [
        Rows(
            times.slice(start, end - start),
            target.slice(start, end - start),
            None if size is None else size.slice(start, end - start),
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def _wide(table: pa.Table, open_time: pa.Array) -> list[Rows]:
    """One target column per set; they share the open times."""
    _check_order(open_time, None)
    count = sum(name.startswith("target_") for name in table.column_names)
    check_rows(count * table.num_rows)
    sized = "size_0" in table.column_names
    return [
        Rows(
            open_time,
            fractions_of(table.column(f"target_{k}"), f"target_{k}", -1.0, 1.0),
            fractions_of(table.column(f"size_{k}"), f"size_{k}", 0.0, 1.0) if sized else None,
        )
        for k in range(count)
    ]


def _check_order(times: pa.Array, sets: pa.Array | None, order: pa.Array | None = None) -> None:
    """Open times ascend strictly within each set; `order` leads back to the rows of the file."""
    later, earlier = times.slice(1), times.slice(0, len(times) - 1)
    wrong = pc.less_equal(later, earlier)
    if sets is not None:
        wrong = pc.and_(wrong, pc.equal(sets.slice(1), sets.slice(0, len(sets) - 1)))
    found = first_true(wrong)
    if found is None:
        return
    before, at = earlier[found].as_py(), later[found].as_py()
    place = found + 1 if order is None else order[found + 1].as_py()
    of_set = "" if sets is None else f" of set {sets[found].as_py()}"
    refuse_row(
        "open_time",
        place,
        iso(at),
        f"({iso(at)}) {'is there twice' if at == before else f'comes after {iso(before)}'}{of_set}",
        "Sort the rows by open_time, and keep one row for each.",
    )
