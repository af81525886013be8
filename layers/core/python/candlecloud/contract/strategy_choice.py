"""Which strategy a run names: one of ours, rules of the user's, or signals that the user brought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from candlecloud.catalogue import STRATEGIES
from candlecloud.contract.execution_settings import Direction
from candlecloud.errors import InvalidParameterError
from candlecloud.market.timeframe import Timeframe
from candlecloud.spec import StrategySpec
from candlecloud.strategies.rules.language import RULES, canonical_rules, rules_spec
from candlecloud.strategies.signals.spec import SIGNALS, SIGNALS_SPEC


def find_strategy(strategy: str, rules: Mapping[str, Any] | None, timeframe: Timeframe) -> StrategySpec:
    """The data of a strategy by its name, or of the one that rules write down.

    Raises
    ------
    UnknownStrategyError
        If there is none of that name.
    """
    if strategy == SIGNALS:
        return SIGNALS_SPEC
    return STRATEGIES.find(strategy) if rules is None else rules_spec(rules, timeframe.ms)


def check_rules(strategy: str, rules: Any) -> dict[str, Any] | None:
    """Rules in the one way that equal rules share; None for a strategy that is known by its name.

    Raises
    ------
    InvalidParameterError
        If they lack, stand beside a name, or have something wrong in them.
    UnknownStrategyError
        If no strategy has the name.
    """
    if strategy == RULES:
        if rules is None:
            raise InvalidParameterError(
                "strategy is rules, but rules are missing.",
                hint="Send rules; GET /strategies shows their schema.",
                field="rules",
            )
        return canonical_rules(rules)
    if rules is not None:
        hint = 'Set strategy to "rules", or leave rules out.'
        raise InvalidParameterError(f"rules are given, but strategy is {strategy}.", hint=hint, field="rules")
    if strategy != SIGNALS:
        STRATEGIES.find(strategy)
    return None


def check_direction(strategy: StrategySpec, direction: Direction) -> None:
    """Refuse a direction in which the strategy can never hold anything.

    Raises
    ------
    InvalidParameterError
        If the strategy names the other side only.
    """
    if direction == "both" or direction in strategy.sides:
        return
    other = "short" if direction == "long" else "long"
    lacking = f'Set direction to "{other}"'
    if strategy.name == RULES:
        lacking += f', or add "{direction}": {{"entry": ...}} to the rules'
    raise InvalidParameterError(
        f"direction is {direction}, but {strategy.name} never goes {direction}: it could never trade.",
        hint=f"{lacking}.",
        field="direction",
        allowed=[*sorted(strategy.sides), "both"],
    )
