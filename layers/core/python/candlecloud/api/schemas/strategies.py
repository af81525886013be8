"""Strategies and the models around them, on the wire."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from candlecloud.contract.fields import Number, Strict


class FeatureUseItem(Strict):
    """A feature as a strategy reads it."""

    feature: str
    parameters: dict[str, Number]
    timeframe: str | None = Field(description="A higher one; null is the run's own")
    output: str


class StrategyItem(Strict):
    """A strategy that a run can name."""

    name: str
    description: str
    parameters: dict[str, Any] = Field(description="JSON Schema, with bounds and defaults")
    defaults: dict[str, Number]
    warmup_bars: int = Field(description="Closed bars that the first decision needs, with default parameters")
    sides: list[Literal["long", "short"]] = Field(description="Positions that it ever takes")
    features: list[FeatureUseItem] = Field(description="What it reads beside prices, with default parameters")


class ModelItem(Strict):
    """A sizing or slippage model; its parameters stand beside `model` in a request."""

    name: str
    description: str
    parameters: dict[str, Any] = Field(description="JSON Schema, with bounds and defaults")
    defaults: dict[str, Number]


class RulesLanguage(Strict):
    """Strategies that you write yourself: `strategy` is `rules`, and `rules` holds the document."""

    description: str
    json_schema: dict[str, Any] = Field(description="Of the field `rules`")
    documents: dict[str, dict[str, Any]] = Field(description="Whole documents, ready to be sent")


class StrategyList(Strict):
    """What a run can be made of."""

    strategies: list[StrategyItem]
    rules: RulesLanguage
    sizing: list[ModelItem]
    slippage: list[ModelItem]
