"""GET /series: what is stored."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from candlecloud.api import cursors, etag
from candlecloud.api.app_context import App
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.responses import both_forms
from candlecloud.api.schemas.series import SeriesItem, SeriesPage, SeriesQuery
from candlecloud.market.series import Series
from candlecloud.store.index import SeriesHead

router = APIRouter(route_class=GuardedRoute, tags=["market data"])


@router.get(
    "/series",
    dependencies=needs("read"),
    summary="Stored series",
    response_model=SeriesPage,
)
async def list_series(request: Request, app: App, query: Annotated[SeriesQuery, Query()]) -> Response:
    """Every stored series with its extent."""
    place = cursors.read({"list": "series"}, query.cursor)
    heads, rest = app.stores.index.list_series(cursor=place, limit=query.limit)
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
        **both_forms(first_open_time=head.first, last_open_time=head.last),
        **both_forms(updated_at=head.updated_at),
    )
