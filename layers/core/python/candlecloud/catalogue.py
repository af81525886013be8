"""Every feature, strategy, sizing and slippage model, and every exchange, as data, out of ``catalogue.json``.

The file is made from the registries that compute (``python -m infra.generate``), and a test holds it against them. So
the API and the planner know every name, bound and warm-up without carrying NumPy or ccxt. It is read when the first
entry is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from candlecloud.errors import UnknownExchangeError, UnknownFeatureError, UnknownStrategyError
from candlecloud.parameters import Instead, Parameter, Warmup
from candlecloud.registry import Registry
from candlecloud.spec import FeatureSpec, FeatureUse, SizingSpec, Spec, StrategySpec


@dataclass(frozen=True, kw_only=True)
class ListedStrategy(StrategySpec):
    """A strategy and what it reads beside prices, with default parameters."""

    reads: tuple[FeatureUse, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ListedExchange:
    """An exchange, and the kinds of market that candlecloud reads of it."""

    name: str
    markets: tuple[str, ...]


def _exchanges() -> list[ListedExchange]:
    return [ListedExchange(name=entry["name"], markets=tuple(entry["markets"])) for entry in _document()["exchanges"]]


def _features() -> list[FeatureSpec]:
    return [
        FeatureSpec(
            **_common(entry),
            **{name: entry[name] for name in ("formula", "source", "kind", "recursive")},
            outputs=tuple(entry["outputs"]),
            labels={int(value): name for value, name in entry["labels"].items()},
        )
        for entry in _document()["features"]
    ]


def _strategies() -> list[ListedStrategy]:
    return [
        ListedStrategy(
            **_common(entry),
            sides=frozenset(entry["sides"]),
            crossing=None if entry["crossing"] is None else (entry["crossing"][0], entry["crossing"][1]),
            reads=tuple(FeatureUse(**use | {"feature": FEATURES[use["feature"]]}) for use in entry["reads"]),
        )
        for entry in _document()["strategies"]
    ]


def _sizing() -> list[SizingSpec]:
    return [SizingSpec(**_common(entry), rebalance_band=entry["rebalance_band"]) for entry in _document()["sizing"]]


def _slippage() -> list[Spec]:
    return [Spec(**_common(entry)) for entry in _document()["slippage"]]


def _common(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": entry["name"],
        "description": entry["description"],
        "parameters": tuple(
            Parameter(**parameter | {"aliases": tuple(parameter.get("aliases", ()))})
            for parameter in entry["parameters"]
        ),
        "ordered": tuple(entry["ordered"]),
        "warmup": Warmup(entry["warmup"]["bars"], entry["warmup"]["per"]),
        "instead": Instead(*map(tuple, entry["instead"])) if "instead" in entry else None,
        "former": entry.get("former", {}),
    }


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files("candlecloud").joinpath("catalogue.json").read_bytes())
    return document


FEATURES: Registry[FeatureSpec] = Registry("feature", _features, field="feature", error=UnknownFeatureError)
STRATEGIES: Registry[ListedStrategy] = Registry("strategy", _strategies, field="strategy", error=UnknownStrategyError)
SIZING: Registry[SizingSpec] = Registry("sizing model", _sizing, field="sizing.model")
SLIPPAGE: Registry[Spec] = Registry("slippage model", _slippage, field="slippage.model")
EXCHANGES: Registry[ListedExchange] = Registry("exchange", _exchanges, field="exchange", error=UnknownExchangeError)
