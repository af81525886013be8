"""What a preview looks at: features with their parameters, or a strategy. Needs no NumPy: the API checks with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from candlecloud.catalogue import FEATURES, STRATEGIES
from candlecloud.contract.setting import check_direction
from candlecloud.contract.trading import DIRECTIONS, Direction
from candlecloud.errors import InvalidParameterError, InvalidTimeframeError
from candlecloud.market.timeframe import Timeframe
from candlecloud.parameters import Parameters
from candlecloud.registry import FeatureUse, StrategySpec
from candlecloud.runs.fields import check_names, read_choice
from candlecloud.strategies.rules.language import RULES, canonical_rules, rules_spec

MAX_FEATURES = 30
MAX_LOOKBACK = 200_000
"""Bars that a preview reads before its range: it has seconds."""
_SETTLE = 20  # warm-ups after which the beginning weighs less than 1e-8 in an exponential average
_LEAST_SETTLE = 500
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Subject:
    """What is looked at.

    Attributes
    ----------
    features : mapping
        Label in the answer to the feature; empty where a strategy is looked at.
    direction : str
        Which of the strategy's positions count: ``long``, ``short`` or ``both``.
    warmup_bars : int
        Closed bars that the first value needs.
    lookback_bars : int
        Bars to read before the range: the warm-up, for features a day at least, and for recursive ones more, until
        their beginning has faded.
    """

    warmup_bars: int
    lookback_bars: int
    features: Mapping[str, FeatureUse] = field(default_factory=dict)
    strategy: StrategySpec | None = None
    parameters: Parameters = field(default_factory=dict)
    direction: str = "both"


def read_subject(event: Mapping[str, Any], bar_ms: int) -> Subject:
    """Read ``features`` (label to feature, parameters, higher_timeframe), or ``strategy`` with ``parameters``,
    ``rules`` and ``direction``.

    Parameters
    ----------
    bar_ms : int
        Length of the bars.

    Raises
    ------
    InvalidInputError
        Of the kind that fits the field that is wrong.
    """
    if event.get("strategy") is not None:
        return _strategy_subject(event, bar_ms)
    given = event.get("features")
    if not isinstance(given, Mapping) or not 1 <= len(given) <= MAX_FEATURES:
        raise InvalidParameterError(
            f"features must name 1 to {MAX_FEATURES} features.", field="features", allowed=list(FEATURES)
        )
    uses = {label: _use(label, item, bar_ms) for label, item in given.items()}
    warmup = max(use.warmup_bars(bar_ms) for use in uses.values())
    lookback = max(_lookback_bars(use, bar_ms) for use in uses.values())
    return Subject(_within_reach(warmup), min(lookback, MAX_LOOKBACK), features=uses)


def _use(label: str, item: Any, bar_ms: int) -> FeatureUse:
    where = f"features.{label}"
    given = check_names(item, ("feature", "parameters", "higher_timeframe"), where)
    feature = FEATURES.find(str(given.get("feature", label)), where)
    parameters = feature.check_parameters(given.get("parameters") or {}, where)
    return FeatureUse(feature, parameters, _higher_timeframe(given.get("higher_timeframe"), bar_ms))


def _higher_timeframe(given: Any, bar_ms: int) -> str | None:
    if given is None:
        return None
    timeframe = Timeframe.parse(str(given))
    if timeframe.ms < bar_ms or timeframe.ms % bar_ms:
        raise InvalidTimeframeError(
            f"{timeframe} can't be made of bars of {bar_ms // 60_000} minutes.",
            hint="Use a timeframe that is a multiple of the bars' own, or leave higher_timeframe out.",
            field="higher_timeframe",
        )
    return timeframe.name


def _lookback_bars(use: FeatureUse, bar_ms: int) -> int:
    warmup = use.warmup_bars(bar_ms)
    day = _DAY_MS // bar_ms  # a session's values begin at midnight
    return max(_SETTLE * warmup, _LEAST_SETTLE, day) if use.feature.recursive else max(warmup, day)


def _strategy_subject(event: Mapping[str, Any], bar_ms: int) -> Subject:
    name = str(event["strategy"])
    is_rules = name == RULES
    strategy = rules_spec(canonical_rules(event.get("rules")), bar_ms) if is_rules else STRATEGIES.find(name)
    parameters = strategy.check_parameters(event.get("parameters") or {})
    warmup = _within_reach(strategy.warmup_bars(parameters))
    direction = cast(Direction, read_choice(event, "direction", "long", DIRECTIONS))
    check_direction(strategy, direction)
    # No bar more than the warm-up: the targets are those of a run that starts where the range starts.
    return Subject(warmup, warmup, strategy=strategy, parameters=parameters, direction=direction)


def _within_reach(warmup_bars: int) -> int:
    if warmup_bars > MAX_LOOKBACK:
        raise InvalidParameterError(
            f"The first value needs {warmup_bars:,} bars; a preview reads at most {MAX_LOOKBACK:,}.",
            hint="Take shorter windows or a longer timeframe. A run has no such limit.",
            field="parameters",
            warmup_bars=warmup_bars,
        )
    return warmup_bars
