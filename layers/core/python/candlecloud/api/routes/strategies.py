"""GET /strategies: what a run can be made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from candlecloud.api import etag
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.schemas.strategies import FeatureUseItem, ModelItem, RulesLanguage, StrategyItem, StrategyList
from candlecloud.catalogue import SIZING, SLIPPAGE, STRATEGIES, ListedStrategy
from candlecloud.spec import FeatureUse, Spec
from candlecloud.strategies.rules.examples import EXAMPLES
from candlecloud.strategies.rules.language import DESCRIPTION
from candlecloud.strategies.rules.schema import rules_schema

router = APIRouter(route_class=GuardedRoute, tags=["features and strategies"])

SIDES: tuple[Literal["long", "short"], ...] = ("long", "short")


@router.get(
    "/strategies",
    dependencies=needs("read"),
    summary="Strategies, rules, sizing and slippage models",
    response_model=StrategyList,
)
async def list_strategies(request: Request) -> Response:
    """Names and parameters for `POST /backtest/run`, `POST /sweeps` and `GET /signals`."""
    listed = StrategyList(
        strategies=[_strategy(strategy) for strategy in STRATEGIES.values()],
        rules=RulesLanguage(description=DESCRIPTION, json_schema=rules_schema(), documents=EXAMPLES),
        sizing=_models(SIZING),
        slippage=_models(SLIPPAGE),
    )
    return etag.answer(request, listed)


def _strategy(strategy: ListedStrategy) -> StrategyItem:
    defaults = strategy.check_parameters({})
    return StrategyItem(
        name=strategy.name,
        description=strategy.description,
        parameters=strategy.schema(),
        defaults=defaults,
        warmup_bars=strategy.warmup_bars(defaults),
        sides=[side for side in SIDES if side in strategy.sides],
        features=[_use(use) for use in strategy.reads],
    )


def _use(use: FeatureUse) -> FeatureUseItem:
    return FeatureUseItem(
        feature=use.feature.name,
        parameters=use.feature.check_parameters(use.parameters),
        timeframe=use.timeframe,
        output=use.output_name(),
    )


def _models(registry: Mapping[str, Spec]) -> list[ModelItem]:
    return [
        ModelItem(
            name=model.name,
            description=model.description,
            parameters=model.schema(),
            defaults=model.check_parameters({}),
        )
        for model in registry.values()
    ]
