"""GET /candles: a page of a series as JSON, Arrow or Parquet."""

from __future__ import annotations

import json
from typing import Annotated, Any

import pyarrow as pa
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from candlecloud.api import cursors, etag
from candlecloud.api.app_context import App, AppContext
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.negotiation import ARROW, JSON, PARQUET
from candlecloud.api.responses import problems
from candlecloud.api.schemas.candles import MAX_JSON_LIMIT, CandlePage, CandleQuery
from candlecloud.api.tables import check_limit, write_table
from candlecloud.contract.fields import refuse_future
from candlecloud.errors import SeriesNotFoundError
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.instant import iso
from candlecloud.market.ranges import TimeRange
from candlecloud.market.rows import empty_table
from candlecloud.market.series import Series

router = APIRouter(route_class=GuardedRoute, tags=["market data"])

_COLUMNS = ("open_time", "close_time", "open", "high", "low", "close", "volume_base", "volume_quote", "trades")
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/candles",
    dependencies=needs("read"),
    summary="Candles of a series",
    responses={
        200: {"model": CandlePage, "content": {JSON: {}, ARROW: _BINARY, PARQUET: _BINARY}},
        **problems(404),
    },
)
async def list_candles(request: Request, app: App, query: Annotated[CandleQuery, Query()]) -> Response:
    """Candles that open in `[start, end)`, oldest first.

    Follow `next_cursor` (Arrow and Parquet carry it in the header `X-Next-Cursor`) until it is null. Give `as_of` to
    see one unchanging state of the data over all pages.
    """
    media_type: str = request.state.media_type
    check_limit(query.limit, media_type, MAX_JSON_LIMIT, ARROW)
    refuse_future(query.as_of, app.clock())
    table, next_cursor = read_page(app, query)
    immutable = query.as_of is not None and query.as_of < app.clock()
    if media_type == JSON:
        return etag.answer(request, _json(query, table, next_cursor), immutable=immutable)
    headers = {"X-Next-Cursor": next_cursor} if next_cursor else {}
    return etag.answer(request, write_table(table, media_type), media_type, immutable=immutable, headers=headers)


def read_page(app: AppContext, query: CandleQuery) -> tuple[pa.Table, str | None]:
    """One page and the cursor of the next.

    Only the windows that the page needs are read: the grid says how many candles a window can hold at most, and a
    window that yields fewer (a gap) is followed by one of double the width.
    """
    series = query.series
    available = app.stores.candles.available_range(series)
    if available is None:
        raise SeriesNotFoundError(f"There are no candles of {series}.", series=series.id)
    selection = {"series": series.id, "start": query.start, "end": query.end, "as_of": query.as_of}
    wanted = query.within(available)
    place = cursors.read(selection, query.cursor)
    start = wanted.start if place is None else min(max(int(place), wanted.start), wanted.end)
    table, reached = _collect(app, series, TimeRange(start, wanted.end), query)
    return table, cursors.issue(selection, reached) if reached < wanted.end else None


def _collect(app: AppContext, series: Series, wanted: TimeRange, query: CandleQuery) -> tuple[pa.Table, int]:
    """Up to `limit` rows from the start of `wanted`, and where the rest begins."""
    step = series.timeframe.ms
    parts = [empty_table(CANDLES).select(list(_COLUMNS))]
    missing, width, start = query.limit, query.limit * step, wanted.start
    while start < wanted.end and missing:
        window = TimeRange(start, min(series.timeframe.ceil(start) + width, wanted.end))
        part = app.stores.candles.read(series, window, columns=list(_COLUMNS), as_of=query.as_of)
        parts.append(part.slice(0, missing))
        if part.num_rows > missing:
            start = _first_open(part.slice(missing))
            break
        missing, width, start = missing - part.num_rows, width * 2, window.end
    return pa.concat_tables(parts).combine_chunks(), start


def _first_open(table: pa.Table) -> int:
    value: int = table.column("open_time").cast(pa.int64())[0].as_py()
    return value


def _json(query: CandleQuery, table: pa.Table, next_cursor: str | None) -> bytes:
    """The page as JSON; written by hand because a model per row would take ten times as long."""
    open_times = table.column("open_time").cast(pa.int64()).to_pylist()
    close_times = table.column("close_time").cast(pa.int64()).to_pylist()
    values = [table.column(name).to_pylist() for name in _COLUMNS[2:]]
    rows: list[dict[str, Any]] = [
        {
            "open_time": iso(opened),
            "open_time_ms": opened,
            "close_time": iso(closed),
            "close_time_ms": closed,
            **dict(zip(_COLUMNS[2:], cells, strict=True)),
        }
        for opened, closed, *cells in zip(open_times, close_times, *values, strict=True)
    ]
    page = {
        "exchange": query.exchange,
        "symbol": query.symbol_key,
        "timeframe": query.timeframe,
        "as_of": None if query.as_of is None else iso(query.as_of),
        "count": len(rows),
        "candles": rows,
        "next_cursor": next_cursor,
    }
    return json.dumps(page, separators=(",", ":"), allow_nan=False).encode()
