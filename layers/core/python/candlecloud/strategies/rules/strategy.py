"""Rules as a strategy, so that runs, sweeps and the tripwire treat them like any other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from candlecloud.features.feature import FeatureUse
from candlecloud.features.registry import FEATURES, use_warmup_bars
from candlecloud.market.timeframe import Timeframe
from candlecloud.parameters import Parameters
from candlecloud.strategies.rules.canonical import write_rules
from candlecloud.strategies.rules.parse import parse_rules
from candlecloud.strategies.rules.refusals import refuse, step
from candlecloud.strategies.rules.tree import CROSSINGS, Rules, SeriesOperand, comparisons_of, series_of
from candlecloud.strategies.rules.wording import describe_rules
from candlecloud.strategies.strategy import Strategy

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars

RULES = "rules"
DESCRIPTION = (
    "Long from a close at which long.entry holds to the first at which long.exit holds, short likewise, flat "
    "otherwise. Without an exit the position lasts as long as its entry's condition. An entry counts only while its "
    "own exit does not hold. An opposite entry reverses; where both sides enter at one close, the position is flat. A "
    "comparison with a missing value is false."
)


def canonical_rules(document: Any, field: str = RULES) -> dict[str, Any]:
    """Check a document and write it in the one way that equal rules share.

    Raises
    ------
    InvalidParameterError
        With the place of what is wrong (``rules/long/entry/gt/0``) and a hint.
    """
    return write_rules(parse_rules(document, field))


def rules_strategy(document: Any, bar_ms: int, field: str = RULES) -> Strategy:
    """Make a strategy of a document.

    Parameters
    ----------
    bar_ms : int
        Length of the run's bars; a feature's own timeframe must be a multiple.

    Returns
    -------
    Strategy
        Its parameters are those that the document declares.

    Raises
    ------
    InvalidParameterError
        With the place of what is wrong and a hint.
    """
    rules = parse_rules(document, field)
    for name, named in rules.features.items():
        length = bar_ms if named.timeframe is None else Timeframe(named.timeframe).ms
        if length < bar_ms or length % bar_ms:
            refuse(
                step(step(step(field, "features"), name), "timeframe"),
                f"{named.timeframe} can't be made of this run's bars of {bar_ms // 60_000} minutes.",
                "Use a timeframe that is a multiple of the run's, or leave it out.",
            )

    def warmup_bars(parameters: Parameters) -> int:
        return rules_warmup_bars(rules, parameters, bar_ms)

    def target(bars: Bars, parameters: Parameters) -> FloatArray:
        from candlecloud.strategies.rules.evaluate import rules_target  # needs NumPy, reading rules does not

        return rules_target(rules, bars, parameters, warmup_bars(parameters))

    return Strategy(
        name=RULES,
        description=describe_rules(rules),
        parameters=rules.parameters,
        warmup_bars=warmup_bars,
        target=target,
        conflict=lambda parameters: _conflict(rules, parameters),
        features=lambda parameters: _features(rules, parameters),
        sides=frozenset(name for name, side in (("long", rules.long), ("short", rules.short)) if side is not None),
    )


def rules_warmup_bars(rules: Rules, parameters: Parameters, bar_ms: int) -> int:
    """Bars until every series of every condition has a value, shifts and the bar before a crossing included."""
    needed = 1
    for condition in rules.conditions():
        for comparison in comparisons_of(condition):
            earlier = 1 if comparison.operator in CROSSINGS else 0
            for operand in (comparison.left, comparison.right):
                for series in series_of(operand):
                    needed = max(needed, _series_warmup_bars(rules, series, parameters, bar_ms) + earlier)
    return needed


def _series_warmup_bars(rules: Rules, series: SeriesOperand, parameters: Parameters, bar_ms: int) -> int:
    if series.output is None:
        return 1 + series.shift
    return use_warmup_bars(rules.features[series.name].use(series, parameters), bar_ms)


def _conflict(rules: Rules, parameters: Parameters) -> str | None:
    for name, named in rules.features.items():
        reason = FEATURES[named.feature].conflict(named.values(parameters))
        if reason is not None:
            return f"feature {name!r}: {reason}"
    return None


def _features(rules: Rules, parameters: Parameters) -> list[FeatureUse]:
    """Each output once, and once per shift where the shift counts bars of a longer timeframe."""
    uses: dict[SeriesOperand, FeatureUse] = {}
    for condition in rules.conditions():
        for comparison in comparisons_of(condition):
            for series in (*series_of(comparison.left), *series_of(comparison.right)):
                if series.output is not None:
                    named = rules.features[series.name]
                    read = series if named.timeframe is not None else replace(series, shift=0)
                    uses[read] = named.use(read, parameters)
    return list(uses.values())
