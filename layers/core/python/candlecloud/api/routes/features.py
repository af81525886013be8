"""GET /features, their values (/features/preview), and the newest of them (/indicators)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from candlecloud.api import etag
from candlecloud.api.app_context import App
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.plain_parameters import document_parameters, read_parameters
from candlecloud.api.previews import bar_times, compute, from_query
from candlecloud.api.responses import both_forms, problems
from candlecloud.api.schemas.features import (
    FeatureItem,
    FeatureList,
    FeaturePreview,
    FeaturePreviewQuery,
    FeatureRow,
    FeaturesQuery,
    IndicatorItem,
    Indicators,
    IndicatorsQuery,
)
from candlecloud.catalogue import FEATURES
from candlecloud.contract.preview import FeaturesRequest
from candlecloud.errors import InsufficientDataError
from candlecloud.market.instant import iso
from candlecloud.spec import FeatureSpec

router = APIRouter(route_class=GuardedRoute, tags=["features and strategies"])

_LOOK_BACK = 48  # rows among which the newest known one is looked for at an earlier instant


@router.get(
    "/features",
    dependencies=needs("read"),
    summary="Features",
    response_model=FeatureList,
)
async def list_features(request: Request, query: Annotated[FeaturesQuery, Query()]) -> Response:
    """What can be computed from candles, with formula, source, parameters and warm-up."""
    wanted = [feature for feature in FEATURES.values() if query.kind in (None, feature.kind)]
    return etag.answer(request, FeatureList(features=[_item(feature) for feature in wanted]))


@router.get(
    "/features/preview",
    dependencies=needs("read"),
    summary="Values of a feature",
    response_model=FeaturePreview,
    responses=problems(404),
    openapi_extra=document_parameters({name: feature.parameters for name, feature in FEATURES.items()}),
)
async def preview_feature(request: Request, app: App, query: Annotated[FeaturePreviewQuery, Query()]) -> Response:
    """One feature on stored candles, oldest first.

    The feature's parameters are plain keys: `feature=ema&window=20`. The range counts whole candles, as in a run;
    without a start, the newest `limit` ones before the end. Where history is too short for the warm-up the values are
    null. A recursive feature begins at `computed_from`, 20 warm-ups and more before the first row where as much is
    stored.
    """
    feature = FEATURES.find(query.feature)
    keys = list(FeaturePreviewQuery.model_fields)
    given = read_parameters(feature.name, feature.parameters, query.model_extra or {}, keys)
    parameters = feature.check_parameters(given)
    choice = {"parameters": parameters, "higher_timeframe": query.higher_timeframe}
    found = compute(app, from_query(FeaturesRequest, query, features={feature.name: choice}))
    rows = [FeatureRow(**bar_times(row), values=row["values"][feature.name]) for row in found["rows"]]
    page = FeaturePreview(
        exchange=query.exchange,
        symbol=query.symbol_key,
        timeframe=query.timeframe,
        feature=feature.name,
        parameters=parameters,
        higher_timeframe=query.higher_timeframe,
        as_of=None if query.as_of is None else iso(query.as_of),
        warmup_bars=found["warmup_bars"],
        **both_forms(computed_from=found["computed_from"]),
        count=len(rows),
        rows=rows,
        **both_forms(next_start=found["next_start"]),
    )
    return etag.answer(request, page)


@router.get(
    "/indicators",
    dependencies=needs("read"),
    summary="Newest values of the indicators",
    response_model=Indicators,
    responses=problems(404),
)
async def list_indicators(request: Request, app: App, query: Annotated[IndicatorsQuery, Query()]) -> Response:
    """Every indicator, or those of `names`, at the newest close that is stored, with default parameters."""
    features = _named(query.names)
    limit = 1 if query.as_of is None else _LOOK_BACK
    asked = from_query(FeaturesRequest, query, features={feature.name: {} for feature in features}, limit=limit)
    found = compute(app, asked)
    if not found["rows"]:
        raise InsufficientDataError(
            f"No candle of {query.series} was known at that time.", hint="Give a later as_of, or none.", field="as_of"
        )
    newest = found["rows"][-1]
    answer = Indicators(
        exchange=query.exchange,
        symbol=query.symbol_key,
        timeframe=query.timeframe,
        as_of=None if query.as_of is None else iso(query.as_of),
        **bar_times(newest),
        **both_forms(computed_from=found["computed_from"]),
        indicators=[_indicator(feature, newest["values"][feature.name]) for feature in features],
    )
    return etag.answer(request, answer)


def _named(names: str | None) -> list[FeatureSpec]:
    if names is None:
        return [feature for feature in FEATURES.values() if feature.kind == "indicator"]
    return [FEATURES.find(name, "names") for name in dict.fromkeys(part.strip() for part in names.split(","))]


def _indicator(feature: FeatureSpec, values: dict[str, float | None]) -> IndicatorItem:
    parameters = feature.check_parameters({})
    first = values[feature.outputs[0]]
    return IndicatorItem(
        name=feature.name,
        kind=feature.kind,
        parameters=parameters,
        warmup_bars=feature.warmup_bars(parameters),
        values=values,
        label=None if first is None or feature.kind != "label" else feature.labels[int(first)],
    )


def _item(feature: FeatureSpec) -> FeatureItem:
    return FeatureItem(
        name=feature.name,
        kind=feature.kind,
        description=feature.description,
        formula=feature.formula,
        source=feature.source,
        outputs=list(feature.outputs),
        labels={str(value): name for value, name in feature.labels.items()},
        recursive=feature.recursive,
        parameters=feature.schema(),
        warmup_bars=feature.warmup_bars(feature.check_parameters({})),
    )
