"""GET /candles, /series and /gaps: all rows, once, in each representation."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from candlecloud.api.negotiation import ARROW, PARQUET
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.instant import iso, read_instant
from candlecloud.market.rows import rows_table
from candlecloud.market.series import Series
from tests.support.api_world import BTC, LEARNED, OUTAGE, SPAN, ApiWorld
from tests.support.candles import make_candles

QUERY = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
COLUMNS = ["open_time", "close_time", "open", "high", "low", "close", "volume_base", "volume_quote", "trades"]


def pages(world: ApiWorld, query: dict[str, Any], accept: str = "application/json") -> list[Any]:
    """All answers of a list, by following its cursors."""
    found: list[Any] = []
    cursor: str | None = None
    while cursor is not None or not found:
        sent = query | ({"cursor": cursor} if cursor else {})
        answer = world.client.get("/candles", params=sent, headers=world.headers("read") | {"Accept": accept})
        assert answer.status_code == 200, answer.text
        found.append(answer)
        cursor = answer.json()["next_cursor"] if "json" in accept else answer.headers.get("x-next-cursor")
    return found


@pytest.mark.parametrize("limit", [1000, 1103, 2207, 3000])
def test_pages_add_up_to_what_is_stored(world: ApiWorld, limit: int) -> None:
    stored = world.stores.candles.read(BTC, SPAN, columns=COLUMNS).to_pylist()
    answers = [answer.json() for answer in pages(world, QUERY | {"limit": limit})]
    rows = [row for answer in answers for row in answer["candles"]]
    assert len(answers) == -(-len(stored) // limit)
    assert [row["open_time_ms"] for row in rows] == [int(row["open_time"].timestamp() * 1000) for row in stored]
    for name in COLUMNS[2:]:
        assert [row[name] for row in rows] == [row[name] for row in stored]
    assert all(row["open_time"] == iso(row["open_time_ms"]) for row in rows)
    assert all(row["close_time_ms"] - row["open_time_ms"] == 3_600_000 for row in rows)
    assert all(answer["count"] == len(answer["candles"]) for answer in answers)


@pytest.mark.parametrize("limit", [700, 10_000])
@pytest.mark.parametrize("accept", [ARROW, PARQUET])
def test_arrow_and_parquet_hold_the_same_rows(world: ApiWorld, accept: str, limit: int) -> None:
    stored = world.stores.candles.read(BTC, SPAN, columns=COLUMNS)
    answers = pages(world, QUERY | {"limit": limit}, accept)
    assert {answer.headers["content-type"] for answer in answers} == {accept}
    read = pa.ipc.open_stream if accept == ARROW else pq.ParquetFile
    tables = [
        (source.read_all() if accept == ARROW else source.read())
        for source in (read(io.BytesIO(answer.content)) for answer in answers)
    ]
    assert pa.concat_tables(tables).combine_chunks().equals(stored.combine_chunks())


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_hole_neither_ends_a_list_nor_repeats_a_candle(world: ApiWorld, limit: int) -> None:
    start, end = OUTAGE.start - 2 * 3_600_000, OUTAGE.end + 2 * 3_600_000
    answers = pages(world, QUERY | {"start": start, "end": end, "limit": limit})
    times = [row["open_time_ms"] for answer in answers for row in answer.json()["candles"]]
    assert times == [start, start + 3_600_000, OUTAGE.end, OUTAGE.end + 3_600_000]


def test_a_hole_of_a_year_costs_few_reads(world: ApiWorld) -> None:
    series = Series.of("binance", "SOL-USDT", "1m")
    early, late = read_instant("2021-01-01"), read_instant("2022-02-01")
    rows = make_candles([early, early + 60_000, late])
    world.stores.candles.merge(series, rows_table(CANDLES, rows, series, LEARNED, "native"), LEARNED)
    query = {"exchange": "binance", "symbol": "SOL/USDT", "timeframe": "1min"}
    assert [len(a.json()["candles"]) for a in pages(world, query | {"limit": 2})] == [2, 1]
    assert [len(a.json()["candles"]) for a in pages(world, query)] == [3]


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2023-05-31T22:00:00Z", "2023-06-01T00:00:00Z", 2),
        ("2023-05-31T22:00:00.001Z", "2023-05-31T23:00:00.001Z", 1),
        ("2023-05-31T23:00:00+01:00", "1685577600000", 2),
        ("1999-01-01", "1999-01-02", 0),
        ("2030-01-01", "2030-01-02", 0),
    ],
)
def test_ranges_are_half_open(world: ApiWorld, start: str, end: str, count: int) -> None:
    (answer,) = pages(world, QUERY | {"start": start, "end": end})
    assert answer.json()["count"] == count


@pytest.mark.parametrize("symbol", ["BTC-USDT", "BTC/USDT"])
@pytest.mark.parametrize("name", ["symbol", "coin"])
@pytest.mark.parametrize("timeframe", ["1h", "60m", "1hour"])
def test_every_spelling_of_a_series(world: ApiWorld, symbol: str, name: str, timeframe: str) -> None:
    query = {"exchange": "binance", name: symbol, "timeframe": timeframe, "limit": 1}
    body = world.client.get("/candles", params=query, headers=world.headers()).json()
    assert (body["symbol"], body["timeframe"], body["count"]) == ("BTC-USDT", "1h", 1)


def test_as_of_shows_what_was_known_and_never_changes(world: ApiWorld) -> None:
    query = QUERY | {"start": "2023-05-31T23:00:00Z"}
    now = world.client.get("/candles", params=query, headers=world.headers())
    before = world.client.get("/candles", params=query | {"as_of": "2023-06-01T00:00:30Z"}, headers=world.headers())
    earlier = world.client.get("/candles", params=query | {"as_of": "2023-05-31"}, headers=world.headers())
    assert now.json()["candles"][0]["trades"] == before.json()["candles"][0]["trades"] + 1
    assert earlier.json()["candles"] == []
    assert "immutable" in before.headers["cache-control"]
    assert "immutable" not in now.headers["cache-control"]


def test_an_etag_saves_the_body(world: ApiWorld) -> None:
    first = world.client.get("/candles", params=QUERY, headers=world.headers())
    tag = first.headers["etag"]
    for sent in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = world.client.get("/candles", params=QUERY, headers=world.headers() | {"If-None-Match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = world.client.get("/candles", params=QUERY, headers=world.headers() | {"If-None-Match": '"other"'})
    assert other.status_code == 200
    arrow = world.client.get("/candles", params=QUERY, headers=world.headers() | {"Accept": ARROW})
    assert arrow.headers["etag"] != tag


def test_series_and_gaps_come_in_pages_too(world: ApiWorld) -> None:
    whole = world.client.get("/series", headers=world.headers()).json()["series"]
    first = world.client.get("/series?limit=1", headers=world.headers()).json()
    rest = world.client.get(f"/series?limit=500&cursor={first['next_cursor']}", headers=world.headers()).json()
    assert first["series"] + rest["series"] == whole
    assert rest["next_cursor"] is None
    assert world.client.get("/gaps?state=open", headers=world.headers()).json()["gaps"] == []
    assert world.client.get("/gaps?state=explained", headers=world.headers()).json()["gaps"][0]["missing_candles"] == 1
