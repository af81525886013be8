"""GET /series: what is stored."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from candlecloud.api import cursors, etag
from candlecloud.api.dependencies import World
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.responses import problems
from candlecloud.api.schemas.series import SeriesItem, SeriesPage, SeriesQuery
from candlecloud.market.moment import iso
from candlecloud.market.series import Series
from candlecloud.store.index import SeriesHead

router = APIRouter(route_class=GuardedRoute, tags=["market data"])


@router.get(
    "/series",
    dependencies=needs("read"),
    summary="Stored series",
    response_model=SeriesPage,
    responses=problems(400, 401, 403, 406, 422),
)
async def list_series(request: Request, world: World, query: Annotated[SeriesQuery, Query()]) -> Response:
    """Every stored series with its extent."""
    place = cursors.read({"list": "series"}, query.cursor)
    heads, rest = world.stores.index.list_series(cursor=place, limit=query.limit)
    page = SeriesPage(
        series=[_item(head) for head in heads],
        next_cursor=cursors.issue({"list": "series"}, rest) if rest else None,
    )
    return etag.answer(request, page)


def _item(head: SeriesHead[Series]) -> SeriesItem:
    return SeriesItem(
        exchange=head.series.exchange,
        symbol=head.series.symbol.key,
        symbol_ccxt=head.series.symbol.ccxt,
        timeframe=head.series.timeframe.name,
        rows=head.rows,
        first_open_time=iso(head.first),
        first_open_time_ms=head.first,
        last_open_time=iso(head.last),
        last_open_time_ms=head.last,
        updated_at=iso(head.updated_at),
        updated_at_ms=head.updated_at,
    )
