"""Rules as a strategy, so that runs, sweeps and the look-ahead test treat them like any other."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from candlecloud.strategies.rules.evaluate import rules_target
from candlecloud.strategies.rules.language import RULES, RulesSpec, rules_spec
from candlecloud.strategies.strategy import Strategy


@dataclass(frozen=True, kw_only=True)
class RulesStrategy(RulesSpec, Strategy):
    """Rules with a target; the warm-up is that of `RulesSpec`."""


def rules_strategy(document: Any, bar_ms: int, field: str = RULES) -> Strategy:
    """Make a strategy of a document.

    Raises
    ------
    InvalidParameterError
        As `rules_spec`.
    """
    return strategy_of_spec(rules_spec(document, bar_ms, field))


def strategy_of_spec(spec: RulesSpec) -> Strategy:
    """The same of a document that has been read."""
    data = {each.name: getattr(spec, each.name) for each in fields(RulesSpec)}
    return RulesStrategy(**data, target=partial(_target, spec), features=spec.reads)


def _target(spec: RulesSpec, bars: Bars, parameters: Parameters) -> FloatArray:
    return rules_target(spec.rules, bars, parameters, spec.warmup_bars(parameters))
