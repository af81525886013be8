"""Features and their values on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from candlecloud.contract.fields import Name, Number, RangeFields, SeriesFields, Strict, TimeframeText
from candlecloud.contract.preview import AsOf, Rows

Kind = Literal["indicator", "label"]


class FeaturesQuery(Strict):
    """Which features."""

    kind: Annotated[Kind | None, Field(description="Only these; `label` names regimes")] = None


class FeatureItem(Strict):
    """A feature: one value per bar and output, made of that bar and those before it."""

    name: str
    kind: Kind
    description: str
    formula: str
    source: str = Field(description="The book, paper or function that defines it")
    outputs: list[str]
    labels: dict[str, str] = Field(description="Value of a label to its name; empty for an indicator")
    recursive: bool = Field(description="Whether values remember every bar since the first one")
    parameters: dict[str, Any] = Field(description="JSON Schema, with bounds and defaults")
    warmup_bars: int = Field(description="Bars that the first value needs, with default parameters")


class FeatureList(Strict):
    """Every feature, or those of one kind."""

    features: list[FeatureItem]


class FeaturePreviewQuery(SeriesFields, RangeFields):
    """One feature on candles; every other key is a parameter of the feature."""

    model_config = ConfigDict(extra="allow")

    feature: Annotated[Name, Field(description="A name from `GET /features`")]
    higher_timeframe: Annotated[
        TimeframeText | None, Field(description="Compute it on these longer bars; a value counts from their close on")
    ] = None
    limit: Rows = 100
    as_of: AsOf = None


class FeatureRow(Strict):
    """A candle's close and the feature there."""

    open_time: str
    open_time_ms: int
    close_time: str = Field(description="From here on the values are known")
    close_time_ms: int
    close: float
    values: dict[str, float | None] = Field(description="By output; null before the warm-up and where none exists")


class FeaturePreview(Strict):
    """A feature's values, oldest first."""

    exchange: str
    symbol: str
    timeframe: str
    feature: str
    parameters: dict[str, Number] = Field(description="Defaults filled in")
    higher_timeframe: str | None
    as_of: str | None
    warmup_bars: int = Field(description="Bars that the first value needs")
    computed_from: str | None = Field(description="Open of the first candle read; recursive features begin there")
    computed_from_ms: int | None
    count: int
    rows: list[FeatureRow]
    next_start: str | None = Field(description="Send it as `start` for the rows that follow; null at the end")
    next_start_ms: int | None


class IndicatorsQuery(SeriesFields):
    """Which indicators; all of them unless `names` says otherwise."""

    names: Annotated[
        str | None, Field(min_length=1, max_length=600, description="Names of features, separated by commas: `rsi,atr`")
    ] = None
    as_of: AsOf = None


class IndicatorItem(Strict):
    """A feature's newest value."""

    name: str
    kind: Kind
    parameters: dict[str, Number]
    warmup_bars: int
    values: dict[str, float | None] = Field(description="By output; null where history is too short or none exists")
    label: str | None = Field(description="Name of a label's value")


class Indicators(Strict):
    """Features at the close of the newest stored candle, with default parameters."""

    exchange: str
    symbol: str
    timeframe: str
    as_of: str | None
    open_time: str
    open_time_ms: int
    close_time: str
    close_time_ms: int
    close: float
    computed_from: str
    computed_from_ms: int
    indicators: list[IndicatorItem]
