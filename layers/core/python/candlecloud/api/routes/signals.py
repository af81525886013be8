"""GET and POST /signals: where a strategy stands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from candlecloud.api import etag
from candlecloud.api.app_context import App, AppContext
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.negotiation import JSON
from candlecloud.api.plain_parameters import document_parameters, read_parameters
from candlecloud.api.previews import bar_times, compute, from_query
from candlecloud.api.responses import both_forms, problems
from candlecloud.api.schemas.signals import Signal, SignalChange, SignalsQuery
from candlecloud.catalogue import STRATEGIES
from candlecloud.contract.preview import SignalsRequest
from candlecloud.errors import InvalidParameterError
from candlecloud.market.instant import iso
from candlecloud.strategies.rules.language import RULES

router = APIRouter(route_class=GuardedRoute, tags=["features and strategies"])


@router.get(
    "/signals",
    dependencies=needs("read"),
    summary="Where a strategy stands",
    response_model=Signal,
    responses=problems(404),
    openapi_extra=document_parameters({name: strategy.parameters for name, strategy in STRATEGIES.items()}),
)
async def get_signal(request: Request, app: App, query: Annotated[SignalsQuery, Query()]) -> Response:
    """The target after the newest close, since when it stands, when an order fills, and the last changes.

    The strategy's parameters are plain keys: `strategy=dual_sma&fast=20&slow=50`. With a start, the targets are those
    of a run that starts there; without one, the strategy begins flat 1,000 bars before the end.
    """
    if query.strategy == RULES:
        raise InvalidParameterError(
            "Rules do not fit into a query.", hint="Send them as POST /signals in the body.", field="strategy"
        )
    strategy = STRATEGIES.find(query.strategy)
    keys = list(SignalsQuery.model_fields)
    given = read_parameters(strategy.name, strategy.parameters, query.model_extra or {}, keys)
    return etag.answer(request, _signal(app, from_query(SignalsRequest, query, parameters=given)))


@router.post(
    "/signals",
    dependencies=needs("read"),
    summary="Where your own rules stand",
    response_model=Signal,
    responses=problems(404),
)
async def post_signal(request: Request, app: App, body: SignalsRequest) -> Response:
    """Like `GET /signals`, for rules that are written in the body. Nothing is stored."""
    return Response(_signal(app, body).model_dump_json(), media_type=JSON)


def _signal(app: AppContext, asked: SignalsRequest) -> Signal:
    found = compute(app, asked)
    return Signal(
        exchange=asked.exchange,
        symbol=asked.symbol_key,
        timeframe=asked.timeframe,
        strategy=asked.strategy,
        parameters=asked.parameters,
        direction=asked.direction,
        as_of=None if asked.as_of is None else iso(asked.as_of),
        warmup_bars=found["warmup_bars"],
        bars=found["bars"],
        **both_forms(computed_from=found["computed_from"]),
        **bar_times(found["newest"]),
        target=found["target"],
        **both_forms(since=found["since"], fills_at=found["fills_at"]),
        changes_total=found["changes_total"],
        changes=[_change(change) for change in found["changes"]],
    )


def _change(change: dict[str, Any]) -> SignalChange:
    fills_at = both_forms(fills_at=change["fills_at"])
    return SignalChange(**bar_times(change), before=change["before"], target=change["target"], **fills_at)
