"""GET /gaps: what is missing, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from candlecloud.api import cursors, etag
from candlecloud.api.app_context import App
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.responses import both_forms
from candlecloud.api.schemas.gaps import GapItem, GapPage, GapQuery
from candlecloud.market.gap import Gap

router = APIRouter(route_class=GuardedRoute, tags=["market data"])


@router.get(
    "/gaps",
    dependencies=needs("read"),
    summary="Gaps of the stored series",
    response_model=GapPage,
)
async def list_gaps(request: Request, app: App, query: Annotated[GapQuery, Query()]) -> Response:
    """Missing ranges that have been found, with their state and the evidence."""
    series = query.series
    selection = {"list": "gaps", "series": series.id if series else None, "state": query.state}
    place = cursors.read(selection, query.cursor)
    gaps, rest = app.stores.gaps.list(series=series, state=query.state, cursor=place, limit=query.limit)
    page = GapPage(gaps=[_item(gap) for gap in gaps], next_cursor=cursors.issue(selection, rest) if rest else None)
    return etag.answer(request, page)


def _item(gap: Gap) -> GapItem:
    return GapItem(
        exchange=gap.series.exchange,
        symbol=gap.series.symbol.key,
        timeframe=gap.series.timeframe.name,
        **both_forms(start=gap.range.start, end=gap.range.end),
        missing_candles=gap.missing_candles,
        state=gap.state,
        cause=gap.cause,
        **both_forms(detected_at=gap.detected_at, updated_at=gap.updated_at),
        evidence=gap.evidence,
    )
