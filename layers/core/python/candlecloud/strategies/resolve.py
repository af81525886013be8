"""From a strategy's data to what computes it."""

from __future__ import annotations

from candlecloud.spec import StrategySpec
from candlecloud.strategies.builtin import STRATEGIES
from candlecloud.strategies.rules.language import RulesSpec
from candlecloud.strategies.rules.strategy import strategy_of_spec
from candlecloud.strategies.strategy import ComputedStrategy


def strategy_of(spec: StrategySpec) -> ComputedStrategy:
    """The strategy that a spec of the catalogue names, or that rules write down; one that computes is it already.

    Raises
    ------
    UnknownStrategyError
        If no strategy has that name.
    """
    if isinstance(spec, ComputedStrategy):
        return spec
    return strategy_of_spec(spec) if isinstance(spec, RulesSpec) else STRATEGIES.find(spec.name)
