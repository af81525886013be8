"""Rules as a strategy, so that runs, sweeps and the look-ahead test treat them like any other."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from candlecloud.strategies.rules.language import RulesSpec
from candlecloud.strategies.strategy import Strategy


@dataclass(frozen=True, kw_only=True)
class RulesStrategy(RulesSpec, Strategy):
    """Rules with a target; the warm-up is that of `RulesSpec`."""

    document: Any = field(default_factory=dict)  # it has been read already


def strategy_of_spec(spec: RulesSpec) -> Strategy:
    """The same of a document that has been read."""
    return RulesStrategy(**{each.name: getattr(spec, each.name) for each in fields(RulesSpec)})
