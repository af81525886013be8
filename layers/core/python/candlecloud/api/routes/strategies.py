"""GET /strategies: what a run can be made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from candlecloud.api import etag
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.responses import problems
from candlecloud.api.schemas.strategies import FeatureUseItem, ModelItem, RulesLanguage, StrategyItem, StrategyList
from candlecloud.backtest.slippage import SLIPPAGE, SlippageModel
from candlecloud.features.feature import FeatureUse
from candlecloud.features.registry import find_feature, find_output
from candlecloud.strategies.registry import STRATEGIES
from candlecloud.strategies.rules import rules_schema
from candlecloud.strategies.rules.examples import EXAMPLES
from candlecloud.strategies.rules.strategy import DESCRIPTION
from candlecloud.strategies.sizing import SIZING, SizingModel
from candlecloud.strategies.strategy import Strategy

router = APIRouter(route_class=GuardedRoute, tags=["features and strategies"])

SIDES: tuple[Literal["long", "short"], ...] = ("long", "short")


@router.get(
    "/strategies",
    dependencies=needs("read"),
    summary="Strategies, rules, sizing and slippage models",
    response_model=StrategyList,
    responses=problems(400, 401, 403, 406, 422),
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


def _strategy(strategy: Strategy) -> StrategyItem:
    defaults = strategy.check_parameters({})
    return StrategyItem(
        name=strategy.name,
        description=strategy.description,
        parameters=strategy.schema(),
        defaults=defaults,
        warmup_bars=strategy.warmup_bars(defaults),
        sides=[side for side in SIDES if side in strategy.sides],
        features=[_use(use) for use in strategy.features(defaults)],
    )


def _use(use: FeatureUse) -> FeatureUseItem:
    return FeatureUseItem(
        feature=use.feature,
        parameters=find_feature(use.feature).check_parameters(use.parameters),
        timeframe=use.timeframe,
        output=find_output(use),
    )


def _models(registry: Mapping[str, SizingModel] | Mapping[str, SlippageModel]) -> list[ModelItem]:
    return [
        ModelItem(
            name=model.name,
            description=model.description,
            parameters=model.schema(),
            defaults=model.check_parameters({}),
        )
        for model in registry.values()
    ]
