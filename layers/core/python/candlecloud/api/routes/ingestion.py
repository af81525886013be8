"""POST /ingestion/backfill: fetch what a series lacks."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from candlecloud.api.app_context import App, AppContext
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.location import place_of
from candlecloud.api.negotiation import JSON
from candlecloud.api.responses import LOCATION
from candlecloud.api.schemas.ingestion import BackfillAccepted, BackfillRequest
from candlecloud.errors import InvalidRangeError
from candlecloud.market.instant import iso
from candlecloud.market.series import Series

router = APIRouter(route_class=GuardedRoute, tags=["market data"])


@router.post(
    "/ingestion/backfill",
    dependencies=needs("data:write"),
    summary="Fetch what a series lacks",
    status_code=202,
    response_model=BackfillAccepted,
    responses={202: {"headers": LOCATION}},
)
async def backfill(request: Request, app: App, body: BackfillRequest) -> Response:
    """Hand a range to the job `backfill_candles`.

    It fetches what the exchange can give and records the rest as explained gaps; `/gaps` of the series shows the
    outcome, `/health` that the job ran.
    """
    _check_range(app, body)
    event = {"exchange": body.exchange, "symbol": body.symbol_key, "timeframe": body.timeframe}
    follow = f"/gaps?{urlencode(event)}"
    span = {name: iso(t) for name, t in (("start", body.start), ("end", body.end)) if t is not None}
    app.dispatcher.invoke("backfill_candles", {**event, **span})
    accepted = BackfillAccepted(
        exchange=body.exchange,
        symbol=body.symbol_key,
        timeframe=body.timeframe,
        start=span.get("start"),
        start_ms=body.start,
        end=span.get("end"),
        end_ms=body.end,
        follow=follow,
    )
    return Response(
        accepted.model_dump_json(), status_code=202, media_type=JSON, headers={"Location": place_of(request, follow)}
    )


def _check_range(app: AppContext, body: BackfillRequest) -> None:
    """Refuse here what the job could only fail at later, out of the caller's sight."""
    if body.start is not None and body.start >= app.clock():
        raise InvalidRangeError("start lies in the future.", hint="Give a start in the past.", field="start")
    series = Series.of(body.exchange, body.symbol_key, body.timeframe)
    if body.start is None and app.stores.candles.available_range(series) is None:
        raise InvalidRangeError(
            f"No candle of {series} is stored yet, so a start is needed.",
            hint="Give a start. It may lie before the exchange's first candle.",
            field="start",
        )
