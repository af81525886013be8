"""What a preview shows: values of features, or where a strategy stands. A body, and the event of `preview_series`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from candlecloud.catalogue import FEATURES
from candlecloud.contract.execution_settings import Direction
from candlecloud.contract.fields import Instant, Name, Number, RangeFields, SeriesFields, Strict, TimeframeText
from candlecloud.contract.refusals import as_field_error, refuse
from candlecloud.contract.run_spec import RulesOrNone
from candlecloud.contract.strategy_choice import check_direction, check_rules, find_strategy
from candlecloud.errors import CandlecloudError, InvalidParameterError, InvalidTimeframeError
from candlecloud.market.timeframe import Timeframe
from candlecloud.spec import FeatureUse, StrategySpec
from candlecloud.strategies.rules.language import RULES
from candlecloud.strategies.signals.spec import SIGNALS

MAX_ROWS = 1_000
MAX_FEATURES = 30
MAX_LOOKBACK = 200_000
"""Bars that a preview reads before its range: it has seconds."""
_SETTLE = 20  # warm-ups after which the beginning weighs less than 1e-8 in an exponential average
_LEAST_SETTLE = 500
_DAY_MS = 86_400_000

AsOf = Annotated[Instant | None, Field(description="On the candles as they were known then; default now")]
Rows = Annotated[int, Field(ge=1, le=MAX_ROWS, description="Rows")]


class _Preview(SeriesFields, RangeFields):
    """A request whose names, bounds and warm-up are checked when it is read."""

    @property
    @abstractmethod
    def warmup_bars(self) -> int:
        """Closed bars that the first value needs."""

    @property
    def lookback_bars(self) -> int:
        """Bars to read before the range."""
        return self.warmup_bars

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], place: str = "document") -> Self:
        """Read what did not come as a body.

        Parameters
        ----------
        place : str
            Where the fields stood, for the error.

        Raises
        ------
        InvalidInputError
            Of the class that fits the first wrong field; ``details["field"]`` names it.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise refuse(error, place) from error

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, and what `from_dict` reads back equal."""
        return self.model_dump(mode="json", exclude_none=True)

    @model_validator(mode="after")
    def _settle(self) -> Self:
        self.symbol, self.coin = self.symbol_key, None
        try:
            self._complete()
            if self.warmup_bars > MAX_LOOKBACK:
                raise InvalidParameterError(
                    f"The first value needs {self.warmup_bars:,} bars; a preview reads at most {MAX_LOOKBACK:,}.",
                    hint="Take shorter windows or a longer timeframe. A run has no such limit.",
                    field="parameters",
                    warmup_bars=self.warmup_bars,
                )
        except CandlecloudError as error:
            raise as_field_error(error) from error
        return self

    @abstractmethod
    def _complete(self) -> None:
        """Check names and values that go together, and fill in what is left out."""


class FeatureChoice(Strict):
    """A feature, by the label that it stands under unless it is named."""

    feature: Name | None = None
    parameters: dict[Name, Number] = Field(default_factory=dict)
    higher_timeframe: TimeframeText | None = None


class FeaturesRequest(_Preview):
    """Features on candles. Without a start: the newest `limit` ones before the end."""

    features: Annotated[
        dict[Name, FeatureChoice],
        Field(min_length=1, max_length=MAX_FEATURES, description="Label in the answer to the feature"),
    ]
    limit: Rows = 100
    as_of: AsOf = None

    @cached_property
    def uses(self) -> dict[str, FeatureUse]:
        """Label to the feature with all its parameters."""
        return {label: self._use(label, choice) for label, choice in self.features.items()}

    @property
    def warmup_bars(self) -> int:
        """Closed bars that the first value of the slowest feature needs."""
        return max(use.warmup_bars(self.series.timeframe.ms) for use in self.uses.values())

    @property
    def lookback_bars(self) -> int:
        """The warm-up, a day at least, and for recursive features more, until their beginning has faded."""
        return min(max(map(self._lookback_bars, self.uses.values())), MAX_LOOKBACK)

    def _complete(self) -> None:
        _ = self.uses

    def _use(self, label: str, choice: FeatureChoice) -> FeatureUse:
        where = f"features.{label}"
        feature = FEATURES.find(choice.feature or label, where)
        parameters = feature.check_parameters(choice.parameters, where)
        bar_ms, longer = self.series.timeframe.ms, choice.higher_timeframe
        if longer is not None and (Timeframe(longer).ms < bar_ms or Timeframe(longer).ms % bar_ms):
            raise InvalidTimeframeError(
                f"{longer} can't be made of bars of {bar_ms // 60_000} minutes.",
                hint="Use a timeframe that is a multiple of the bars' own, or leave higher_timeframe out.",
                field="higher_timeframe",
            )
        return FeatureUse(feature, parameters, longer)

    def _lookback_bars(self, use: FeatureUse) -> int:
        warmup = use.warmup_bars(self.series.timeframe.ms)
        day = _DAY_MS // self.series.timeframe.ms  # a session's values begin at midnight
        return max(_SETTLE * warmup, _LEAST_SETTLE, day) if use.feature.recursive else max(warmup, day)


class SignalFields(SeriesFields, RangeFields):
    """Which candles decide. Without a start: the newest 1,000 bars and the warm-up before them."""

    direction: Annotated[Direction, Field(description="Which positions are allowed")] = "long"
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS, description="Changes to show")] = 10
    as_of: AsOf = None


class SignalsRequest(SignalFields, _Preview):
    """A strategy, or your own rules, on candles."""

    strategy: Annotated[Name, Field(description="`rules`, or a name from `GET /strategies`")] = RULES
    rules: RulesOrNone = None
    parameters: Annotated[dict[Name, Number], Field(max_length=50, description="Of the strategy or the rules")] = Field(
        default_factory=dict
    )

    @cached_property
    def strategy_rule(self) -> StrategySpec:
        """The data of the strategy by its name, or of the one that the rules write down."""
        return find_strategy(self.strategy, self.rules, self.series.timeframe)

    @property
    def warmup_bars(self) -> int:
        """Closed bars that the first decision needs: no bar more is read, so the targets are those of a run."""
        return self.strategy_rule.warmup_bars(self.parameters)

    def _complete(self) -> None:
        if self.strategy == SIGNALS:
            raise InvalidParameterError(
                "A preview computes where a strategy stands; your own signals say it themselves.",
                hint="Read the last row of your file, or POST /backtest/run with strategy signals.",
                field="strategy",
            )
        self.rules = check_rules(self.strategy, self.rules)
        self.parameters = self.strategy_rule.check_parameters(self.parameters)
        check_direction(self.strategy_rule, self.direction)


def read_preview(event: Mapping[str, Any]) -> FeaturesRequest | SignalsRequest:
    """Read an event: one that names a strategy asks where it stands, any other for features.

    Raises
    ------
    InvalidInputError
        As `FeaturesRequest.from_dict`.
    """
    named = isinstance(event, Mapping) and event.get("strategy") is not None
    return (SignalsRequest if named else FeaturesRequest).from_dict(event)
