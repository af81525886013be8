"""GET and POST /signals: where a strategy stands."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from candlecloud.api import etag
from candlecloud.api.dependencies import Dependencies, World
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.negotiation import JSON
from candlecloud.api.plain_parameters import document_parameters, read_parameters
from candlecloud.api.previews import bar_times, both_forms, compute
from candlecloud.api.responses import problems
from candlecloud.api.schemas.signals import Signal, SignalChange, SignalFields, SignalsQuery, SignalsRequest
from candlecloud.catalogue import STRATEGIES
from candlecloud.errors import InvalidParameterError
from candlecloud.market.moment import iso
from candlecloud.parameters import Parameters
from candlecloud.registry import StrategySpec
from candlecloud.strategies.rules.language import RULES, rules_spec

router = APIRouter(route_class=GuardedRoute, tags=["features and strategies"])


@router.get(
    "/signals",
    dependencies=needs("read"),
    summary="Where a strategy stands",
    response_model=Signal,
    responses=problems(400, 401, 403, 404, 406, 422),
    openapi_extra=document_parameters({name: strategy.parameters for name, strategy in STRATEGIES.items()}),
)
async def get_signal(request: Request, world: World, query: Annotated[SignalsQuery, Query()]) -> Response:
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
    parameters = strategy.check_parameters(given)
    return etag.answer(request, _signal(world, query, strategy.name, parameters, {}))


@router.post(
    "/signals",
    dependencies=needs("read"),
    summary="Where your own rules stand",
    response_model=Signal,
    responses=problems(400, 401, 403, 404, 406, 409, 413, 415, 422),
)
async def post_signal(request: Request, world: World, body: SignalsRequest) -> Response:
    """Like `GET /signals`, for rules that are written in the body. Nothing is stored."""
    if body.strategy == RULES:
        if body.rules is None:
            raise InvalidParameterError(
                "strategy is rules, and no rules are given.",
                hint="GET /strategies shows their schema and two whole documents.",
                field="rules",
            )
        strategy: StrategySpec = rules_spec(body.rules, body.series.timeframe.ms)
    else:
        strategy = STRATEGIES.find(body.strategy)
        if body.rules is not None:
            raise InvalidParameterError(
                f"rules are given, and strategy is {strategy.name}.",
                hint='Set strategy to "rules", or leave rules out.',
                field="rules",
            )
    parameters = strategy.check_parameters(body.parameters)
    signal = _signal(world, body, body.strategy, parameters, {"rules": body.rules})
    return Response(signal.model_dump_json(), media_type=JSON)


def _signal(
    world: Dependencies, fields: SignalFields, strategy: str, parameters: Parameters, rules: dict[str, Any]
) -> Signal:
    asked = {name: getattr(fields, name) for name in ("start", "end", "as_of", "limit", "direction")}
    found = compute(world, fields.series, {"strategy": strategy, "parameters": parameters, **rules, **asked})
    return Signal(
        exchange=fields.exchange,
        symbol=fields.symbol_key,
        timeframe=fields.timeframe,
        strategy=strategy,
        parameters=dict(parameters),
        direction=fields.direction,
        as_of=None if fields.as_of is None else iso(fields.as_of),
        warmup_bars=found["warmup_bars"],
        bars=found["bars"],
        **both_forms("computed_from", found["computed_from"]),
        **bar_times(found["newest"]),
        target=found["target"],
        **both_forms("since", found["since"]),
        **both_forms("fills_at", found["fills_at"]),
        changes_total=found["changes_total"],
        changes=[_change(change) for change in found["changes"]],
    )


def _change(change: dict[str, Any]) -> SignalChange:
    fills_at = both_forms("fills_at", change["fills_at"])
    return SignalChange(**bar_times(change), before=change["before"], target=change["target"], **fills_at)
