"""``candlecloud/catalogue.json``: the registries without their functions, as `candlecloud.catalogue` reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from candlecloud.backtest.sizing import SIZING
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.exchange.venues import VENUES
from candlecloud.features.families import FEATURES
from candlecloud.spec import FeatureSpec, FeatureUse, Spec, StrategySpec
from candlecloud.strategies.builtin import STRATEGIES


def catalogue_json() -> str:
    """The whole file."""
    document = {
        "features": [describe_feature(feature) for feature in FEATURES.values()],
        "strategies": [
            describe_strategy(strategy, strategy.features(strategy.check_parameters({})))
            for strategy in STRATEGIES.values()
        ],
        "sizing": [describe_spec(model) | {"rebalance_band": model.rebalance_band} for model in SIZING.values()],
        "slippage": [describe_spec(model) for model in SLIPPAGE.values()],
        "exchanges": [
            {"name": venue.name, "markets": [profile.market for profile in venue.profiles]} for venue in VENUES.values()
        ],
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def describe_spec(spec: Spec) -> dict[str, Any]:
    """What every entry has; aliases, replaced parameters and former names only where there are any."""
    parameters = [asdict(parameter) for parameter in spec.parameters]
    rare = {
        "instead": None if spec.instead is None else [list(spec.instead.given), list(spec.instead.replaced)],
        "former": dict(spec.former),
    }
    return {
        "name": spec.name,
        "description": spec.description,
        "parameters": [
            {name: value for name, value in parameter.items() if name != "aliases" or value} for parameter in parameters
        ],
        "ordered": list(spec.ordered),
        "warmup": {"bars": spec.warmup.bars, "per": dict(spec.warmup.per)},
        **{name: value for name, value in rare.items() if value},
    }


def describe_feature(feature: FeatureSpec) -> dict[str, Any]:
    """A feature; JSON has texts as keys only, so labels are named by the text of their value."""
    return describe_spec(feature) | {
        "formula": feature.formula,
        "source": feature.source,
        "outputs": list(feature.outputs),
        "kind": feature.kind,
        "recursive": feature.recursive,
        "labels": {str(value): name for value, name in feature.labels.items()},
    }


def describe_strategy(strategy: StrategySpec, reads: Iterable[FeatureUse]) -> dict[str, Any]:
    """A strategy, and what it reads with default parameters."""
    return describe_spec(strategy) | {
        "sides": sorted(strategy.sides),
        "crossing": None if strategy.crossing is None else list(strategy.crossing),
        "reads": [
            {
                "feature": use.feature.name,
                "parameters": dict(use.parameters),
                "timeframe": use.timeframe,
                "output": use.output,
                "shift": use.shift,
            }
            for use in reads
        ],
    }
