"""What a strategy is: its data, and what gives its targets; for each of ours, rules."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from candlecloud.spec import FeatureUse, StrategySpec
from candlecloud.strategies.evaluate.beginning import Beginning
from candlecloud.strategies.evaluate.positions import target_of_rules
from candlecloud.strategies.rules.language import reads_of
from candlecloud.strategies.rules.parse import parse_rules
from candlecloud.strategies.rules.tree import Rules


@dataclass(frozen=True, kw_only=True)
class ComputedStrategy(StrategySpec):
    """What gives targets: rules, or rows that a user brought."""

    @property
    def rules(self) -> Rules | None:
        """When it is long and short, where rules say it: then many parameter sets are computed together."""
        return None

    def features(self, parameters: Parameters) -> list[FeatureUse]:
        """Every output of a feature that it reads, once."""
        return []

    def size(self, bars: Bars, parameters: Parameters) -> FloatArray | None:
        """Fractions of equity in [0, 1], one per bar, that take the place of the sizing model; None leaves it there."""
        return None

    @abstractmethod
    def target(self, bars: Bars, parameters: Parameters, start: int | None = None, lead: int = 0) -> FloatArray:
        """Wanted position after the close of each bar.

        Parameters
        ----------
        parameters : mapping
            All that the strategy takes.
        start : int, optional
            Open time of the run's range: decisions and indicators begin so many candles before it as each asks for.
            Left out: they begin with the bars.
        lead : int
            Decisions wanted before that, beside the last one.

        Returns
        -------
        FloatArray of the bars' length
            In [-1, 1]; entry t is made of bars 0..t only; 0 before the warm-up.
        """


@dataclass(frozen=True, kw_only=True)
class Strategy(ComputedStrategy):
    """A strategy that a run can name.

    Attributes
    ----------
    document : mapping
        When it is long and short, in the language of ``rules`` (`docs/strategies.md`); ``{"param": name}`` is a number
        of `parameters`. A user may send the same document, changed, as rules.
    """

    document: Mapping[str, Any]

    @cached_property
    def rules(self) -> Rules:
        """The document, read."""
        return parse_rules(dict(self.document), self.name, self.parameters)

    def features(self, parameters: Parameters) -> list[FeatureUse]:
        """Every output of a feature that it reads, once."""
        return reads_of(self.rules, parameters)

    def target(self, bars: Bars, parameters: Parameters, start: int | None = None, lead: int = 0) -> FloatArray:
        """Wanted position after the close of each bar: -1, 0 or 1."""
        return target_of_rules(self.rules, Beginning(bars, start, lead), parameters, self.warmup_bars(parameters))
