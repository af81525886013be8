"""Batches as files, their collection, and pages of the result: equal bytes, missing batches by name, few bytes read."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.api.negotiation import ARROW, PARQUET
from candlecloud.api.sweep_results import read_page
from candlecloud.api.tables import write_table
from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import CorruptObjectError
from candlecloud.fan_out import results_file
from candlecloud.fan_out.batch_file import BatchResult, read_batch, write_batch
from candlecloud.fan_out.results_file import read_notes
from candlecloud.market.ranges import TimeRange
from candlecloud.metrics.figures import FIGURES, METRICS
from candlecloud.runs.identity import Identity
from candlecloud.runs.result_rows import rows_as_dicts, rows_schema
from candlecloud.store.range_reads import TAIL_BYTES, RangedObject
from tests.support.swept import Swept, collect_sweep

CONFIG = SweepConfig.from_dict(
    {
        "exchange": "binance",
        "symbol": "BTC-USDT",
        "timeframe": "1h",
        "strategy": "dual_sma",
        "grid": {"fast": {"start": 1, "stop": 20, "step": 1}, "slow": {"start": 21, "stop": 60, "step": 1}},
    }
).pinned(TimeRange(0, 365 * 86_400_000), as_of=0)
SETS = 800
IDENTITY = Identity(CONFIG, "revision", "code")
SCHEMA = rows_schema(CONFIG)
COMMON = {"benchmark": {"strategy": "buy_and_hold"}}
Row = dict[str, Any]


def make_rows(seed: int = 0, sets: int = SETS) -> pa.Table:
    """Rows with many ties, nulls, and zeros of both signs."""
    rng = random.Random(seed)
    columns: dict[str, list[Any]] = {"set": list(range(sets))}
    columns["parameter_fast"] = [1 + number // 40 for number in range(sets)]
    columns["parameter_slow"] = [21 + number % 40 for number in range(sets)]
    for name in FIGURES:
        choice = (0, 1, 2, 3) if METRICS[name].whole else (0.0, -0.0, -1.5, 0.1, 2.0, 1e300, None)
        columns[name] = rng.choices(choice, k=sets)
    return pa.table(columns, schema=SCHEMA)


ROWS = make_rows()


@pytest.fixture(autouse=True)
def small_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results_file, "ROW_GROUP_ROWS", 64)


def collect(
    size: int,
    change: Callable[[int, bytes], bytes | None] = lambda _, body: body,
    failures: Mapping[tuple[int, int], Any] | None = None,
) -> Swept:
    """Collect the rows in batches of a size, each as it was stored, or changed."""
    plan = [{"batch": n, "start": a, "end": min(a + size, SETS)} for n, a in enumerate(range(0, SETS, size))]

    def stored(batch: int, start: int, end: int) -> bytes | None:
        result = BatchResult(start, end, ROWS.slice(start, end - start), COMMON if start == 0 else None)
        return change(batch, write_batch(result))

    return collect_sweep(IDENTITY, plan, (stored(**item) for item in plan), failures)


class Requests:
    """A stored object that notes what is asked of it."""

    def __init__(self, body: bytes, tail: int) -> None:
        self.body, self.asked = body, list[int]()
        self.file = RangedObject(self.fetch, len(body), body[-tail:])

    def fetch(self, start: int, end: int) -> bytes:
        assert 0 <= start < end <= len(self.body)
        self.asked.append(end - start)
        return self.body[start:end]


def test_a_batch_is_read_as_it_was_written() -> None:
    result = BatchResult(3, 803, ROWS, {"data": {"bars": 7}})
    assert read_batch(write_batch(result)) == result
    assert write_batch(result) == write_batch(
        BatchResult(3, 803, pa.concat_tables([ROWS.slice(0, 5), ROWS.slice(5)]).combine_chunks(), {"data": {"bars": 7}})
    )


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"PAR1", write_table(ROWS, PARQUET), write_batch(BatchResult(0, 1, ROWS))[:-9]]
)
def test_what_is_no_batch_is_refused(content: bytes) -> None:
    with pytest.raises(CorruptObjectError):
        read_batch(content)


def test_a_flipped_bit_does_not_pass_as_a_result() -> None:
    content = bytearray(write_batch(BatchResult(0, SETS, ROWS)))
    content[len(content) // 3] ^= 4
    with pytest.raises(CorruptObjectError):
        read_batch(bytes(content))


@pytest.mark.parametrize("size", [1, 7, 63, 64, 65, 300, 800])
def test_the_bytes_do_not_tell_the_batches(size: int) -> None:
    whole, found = collect(SETS), collect(size)
    assert found.rows == whole.rows
    assert found.header == whole.header
    assert found.summary == whole.summary
    file = pq.ParquetFile(pa.BufferReader(found.rows))
    assert file.read().replace_schema_metadata(None).equals(ROWS)
    assert [file.metadata.row_group(k).num_rows for k in range(13)] == [64] * 12 + [32]
    assert read_notes(file.metadata)["missing_batches"] == 0
    assert (found.header["state"], found.header["benchmark"]) == ("succeeded", COMMON["benchmark"])


def test_batches_against_the_plan() -> None:
    elsewhere = write_batch(BatchResult(5, 205, ROWS.slice(5, 200)))
    short = write_batch(BatchResult(400, 600, ROWS.slice(400, 10)))
    other = write_batch(BatchResult(600, 700, ROWS.slice(600, 100).drop_columns(["funding"])))
    changed: Mapping[int, bytes | None] = {0: None, 2: None, 3: elsewhere, 4: short, 5: b"{}", 6: other}
    said = {"code": "conflict", "message": "data moved"}
    found = collect(100, lambda batch, body: changed.get(batch, body), {(0, 100): said})
    assert [(item["batch"], item["start"], item["end"], item["error"]["code"]) for item in found.header["missing"]] == [
        (0, 0, 100, "conflict"),
        (2, 200, 300, "no_result"),
        (3, 300, 400, "wrong_result"),
        (4, 400, 500, "wrong_result"),
        (5, 500, 600, "corrupt_object"),
        (6, 600, 700, "wrong_result"),
    ]
    assert "200 rows of units 5 to 205, not 100 from 300 on" in found.header["missing"][2]["error"]["message"]
    assert "columns set" in found.header["missing"][5]["error"]["message"]
    assert (found.header["state"], found.summary["rows"]) == ("succeeded", 200)
    assert pq.read_table(pa.BufferReader(found.rows))["set"].to_pylist() == [*range(100, 200), *range(700, 800)]


def test_a_sweep_without_any_batch_has_no_rows() -> None:
    found = collect(200, lambda *_: None)
    assert (found.header["state"], found.summary["best"], found.summary["benchmark"]) == ("failed", [], None)
    for sort in ("set", "sharpe"):
        page = read_page(Requests(found.rows, 100).file, sort, "desc", 0, 10)
        assert (page.rows.schema, page.rows.num_rows, page.total, page.missing_batches) == (SCHEMA, 0, 0, 4)


def test_best_sets_by_sharpe_ties_to_the_lower_number() -> None:
    rows = rows_as_dicts(ROWS)
    ranked = [row for row in rows if row["metrics"]["sharpe"] is not None]
    ranked.sort(key=lambda row: (-row["metrics"]["sharpe"], row["set"]))
    for size in (1, 3, 100):
        assert collect(size).summary["best"] == ranked[:5]


def in_plain_python(rows: list[Row], sort: str, order: str) -> list[Row]:
    """Rows in order: those without the metric last, ties by the set's number."""
    if sort == "set":
        return sorted(rows, key=lambda row: int(row["set"]), reverse=order == "desc")
    sign = -1 if order == "desc" else 1
    known = [row for row in rows if row["metrics"][sort] is not None]
    known.sort(key=lambda row: (sign * row["metrics"][sort], row["set"]))
    return known + [row for row in rows if row["metrics"][sort] is None]


@settings(max_examples=60)
@given(
    st.sampled_from(["set", *FIGURES]),
    st.sampled_from(["asc", "desc"]),
    st.integers(0, SETS + 5),
    st.one_of(st.integers(1, 130), st.just(100_000)),
    st.sampled_from([8, 1_000, 30_000, 10**6]),
)
def test_pages_are_those_of_all_rows_in_order(sort: str, order: str, start: int, limit: int, tail: int) -> None:
    expected = in_plain_python(rows_as_dicts(ROWS), sort, order)[start : start + limit]
    page = read_page(Requests(PAGED, tail).file, sort, order, start, limit)
    assert rows_as_dicts(page.rows) == expected
    assert (page.total, page.missing_batches) == (SETS, 0)
    assert page.rows.schema.equals(SCHEMA, check_metadata=True)
    assert pa.ipc.open_stream(write_table(page.rows, ARROW)).read_all().equals(page.rows)
    assert pq.read_table(pa.BufferReader(write_table(page.rows, PARQUET))).equals(page.rows)


def test_numbers_keep_their_types() -> None:
    row = rows_as_dicts(ROWS)[0]
    assert {name: type(value) for name, value in row["parameters"].items()} == {"fast": int, "slow": int}
    assert all((type(value) is int) == METRICS[name].whole for name, value in row["metrics"].items())
    assert list(row["metrics"]) == list(FIGURES)


def test_a_page_reads_what_it_needs() -> None:
    stored = Requests(PAGED, 8_192)
    read_page(stored.file, "set", "asc", 64, 64)
    end, group = stored.asked
    assert end + 8_192 <= TAIL_BYTES, "the end of the file, with the footer"
    assert group < len(PAGED) / 10, "one row group of thirteen"
    again = Requests(PAGED, len(PAGED))
    read_page(again.file, "sharpe", "desc", 0, 10)
    assert again.asked == [], "a small file comes with its end"


def test_a_file_by_ranges_is_the_file() -> None:
    body = bytes(range(256)) * 4_096
    stored = Requests(body, 1_000)
    file = stored.file
    file.prefetch([(500_000, 600_000), (0, 10), (600_000, 600_010), (5, 20), (len(body) - 1_500, len(body))])
    assert sorted(stored.asked) == [20, 500, 100_010], "neighbours are one request, and the end is there"
    asked = len(stored.asked)
    for start, size in [(0, 20), (500_001, 99_000), (len(body) - 1_200, 1_200), (len(body) - 5, 100), (len(body), 3)]:
        assert file.seek(start) == start
        assert file.read(size) == body[start : start + size]
        assert file.tell() == min(start + size, len(body))
    assert len(stored.asked) == asked
    file.seek(-3, 2)
    file.seek(-100_000, 1)
    assert file.read() == body[-100_003:]
    assert (file.readable(), file.seekable(), len(stored.asked)) == (True, True, asked + 1)


def _paged() -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results_file, "ROW_GROUP_ROWS", 64)
        return collect(SETS).rows


PAGED = _paged()
