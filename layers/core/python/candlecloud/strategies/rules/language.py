"""The language of rules: documents checked, written canonically, and read as the data of a strategy. Needs no NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from candlecloud.catalogue import FEATURES
from candlecloud.market.timeframe import Timeframe
from candlecloud.parameters import Number, Ordered, Parameters
from candlecloud.spec import FeatureUse, StrategySpec
from candlecloud.strategies.rules.canonical import write_rules
from candlecloud.strategies.rules.parse import parse_rules
from candlecloud.strategies.rules.refusals import refuse, step
from candlecloud.strategies.rules.tree import (
    CROSSINGS,
    NamedFeature,
    Placeholder,
    Rules,
    SeriesOperand,
    comparisons_of,
    series_of,
)
from candlecloud.strategies.rules.wording import describe_rules

RULES = "rules"
DESCRIPTION = (
    "Long from a close at which long.entry holds to the first at which long.exit holds, short likewise, flat "
    "otherwise. Without an exit the position lasts as long as its entry's condition. An entry counts only while its "
    "own exit does not hold. An opposite entry reverses; where both sides enter at one close, the position is flat. A "
    "comparison with a missing value is false."
)


@dataclass(frozen=True, kw_only=True)
class RulesSpec(StrategySpec):
    """A document as a strategy's data.

    The warm-up is the longest of several, each linear in the parameters, so it is asked of the rules.

    Attributes
    ----------
    bar_ms : int
        Length of the run's bars.
    """

    rules: Rules
    bar_ms: int

    @cached_property
    def orders(self) -> tuple[Ordered, ...]:
        """Those of the features that the rules name."""
        return tuple(order for name, named in self.rules.features.items() for order in _orders(name, named))

    def warmup_bars(self, parameters: Parameters) -> int:
        """Bars until every series of every condition has a value, shifts and the bar before a crossing included."""
        needed = 1
        for condition in self.rules.conditions():
            for comparison in comparisons_of(condition):
                earlier = 1 if comparison.operator in CROSSINGS else 0
                for series in (*series_of(comparison.left), *series_of(comparison.right)):
                    needed = max(needed, self._series_warmup_bars(series, parameters) + earlier)
        return needed

    @property
    def warmup_parameters(self) -> tuple[str, ...]:
        """Those that a feature takes."""
        given = (value for named in self.rules.features.values() for value in named.parameters.values())
        return tuple(dict.fromkeys(value.name for value in given if isinstance(value, Placeholder)))

    def _series_warmup_bars(self, series: SeriesOperand, parameters: Parameters) -> int:
        if series.output is None:
            return 1 + series.shift
        return self.rules.features[series.name].use(series, parameters).warmup_bars(self.bar_ms)


def reads_of(rules: Rules, parameters: Parameters) -> list[FeatureUse]:
    """Each output that rules read once, and once per shift where the shift counts bars of a longer timeframe."""
    uses: dict[SeriesOperand, FeatureUse] = {}
    for condition in rules.conditions():
        for comparison in comparisons_of(condition):
            for series in (*series_of(comparison.left), *series_of(comparison.right)):
                if series.output is not None:
                    named = rules.features[series.name]
                    read = series if named.timeframe is not None else replace(series, shift=0)
                    uses[read] = named.use(read, parameters)
    return list(uses.values())


def canonical_rules(document: Any, field: str = RULES) -> dict[str, Any]:
    """Check a document and write it in the one way that equal rules share.

    Raises
    ------
    InvalidParameterError
        With the place of what is wrong (``rules/long/entry/gt/0``) and a hint.
    """
    return write_rules(parse_rules(document, field))


def rules_spec(document: Any, bar_ms: int, field: str = RULES) -> RulesSpec:
    """Read a document as a strategy without its target.

    Parameters
    ----------
    bar_ms : int
        Length of the run's bars; a feature's own timeframe must be a multiple.

    Returns
    -------
    RulesSpec
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
    return RulesSpec(
        name=RULES,
        description=describe_rules(rules),
        parameters=rules.parameters,
        sides=frozenset(name for name, side in (("long", rules.long), ("short", rules.short)) if side is not None),
        rules=rules,
        bar_ms=bar_ms,
    )


def _orders(name: str, named: NamedFeature) -> Iterator[Ordered]:
    """Orders of a feature's parameters as orders of the rules' own and of numbers.

    One of numbers alone was checked when the document was read.
    """
    for order in FEATURES[named.feature].orders:
        terms = tuple(_term(item, named) for item in order.terms)
        own = Ordered(terms, f"feature {name!r}: ")
        if own.parameters:
            yield own


def _term(item: str | Number, named: NamedFeature) -> str | Number:
    value = named.parameters.get(item, item) if isinstance(item, str) else item
    return value.name if isinstance(value, Placeholder) else value
