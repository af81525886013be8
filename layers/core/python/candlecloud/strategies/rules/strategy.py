"""Rules as a strategy, so that runs, sweeps and the look-ahead test treat them like any other."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from candlecloud.strategies.rules.evaluate import rules_target
from candlecloud.strategies.rules.language import RulesSpec
from candlecloud.strategies.strategy import Strategy


@dataclass(frozen=True, kw_only=True)
class RulesStrategy(RulesSpec, Strategy):
    """Rules with a target; the warm-up is that of `RulesSpec`."""


def strategy_of_spec(spec: RulesSpec) -> Strategy:
    """The same of a document that has been read."""
    data = {each.name: getattr(spec, each.name) for each in fields(RulesSpec)}
    return RulesStrategy(**data, target=partial(_target, spec), features=spec.reads)


def _target(spec: RulesSpec, bars: Bars, parameters: Parameters) -> FloatArray:
    return rules_target(spec.rules, bars, parameters, spec.warmup_bars(parameters))
