"""What a metric is: one object with its words, its unit and the function that works it out. Needs no NumPy.

To add one: write it in the module of its family (`performance`, `drawdown`, `trading`, `costs`, `distribution`,
`capacity`, `relative`, `regimes`), name it in that module's tuple, and run ``python -m infra.generate``. Results,
sweeps, the API, the tear sheet and docs/metrics.md follow. Its place in the tuple is its place in results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias, TypeVar

Unit: TypeAlias = Literal["fraction", "ratio", "quote currency", "bars", "seconds", "count"]
"""A fraction is shown in percent; a ratio is a plain number."""
Group: TypeAlias = Literal["Return", "Return for risk", "Loss", "Trades", "Costs and size", "Against the benchmark"]
"""Heading on a tear sheet."""


@dataclass(frozen=True, kw_only=True)
class MetricSpec:
    """How a metric is shown.

    Attributes
    ----------
    label : str
        Its name as people say it.
    signed : bool
        Whether a gain is shown with a plus.
    decimals : int, optional
        Shown where its unit's own number would be too few.
    """

    name: str
    unit: Unit
    label: str
    group: Group
    signed: bool = False
    decimals: int | None = None

    @property
    def whole(self) -> bool:
        """Whether it counts something."""
        return self.unit in ("bars", "seconds", "count")


Inputs = TypeVar("Inputs", contravariant=True)
Value = TypeVar("Value", covariant=True)
OtherInputs = TypeVar("OtherInputs")
OtherValue = TypeVar("OtherValue")


@dataclass(frozen=True, kw_only=True)
class Metric(MetricSpec, Generic[Inputs, Value]):
    """A metric that can be worked out.

    Attributes
    ----------
    convention : str
        What it means, in one sentence; a result carries it.
    formula : str
        With E equity at closes (E[0] the initial one), r bar returns, b the benchmark's, n bars, Y bars per year.
    function : callable
        From what its family is worked out of to the number: None (in columns NaN) where that does not exist.
    reference : str
        The paper, book or function that defines it, if one does.
    nullable : bool
        Whether it may not exist.
    """

    convention: str
    formula: str
    function: Callable[[Inputs], Value]
    reference: str = ""
    nullable: bool = True

    def of(
        self, function: Callable[[OtherInputs], OtherValue], *, convention: str, formula: str | None = None
    ) -> Metric[OtherInputs, OtherValue]:
        """The same metric, worked out of something else."""
        changed = {"function": function, "convention": convention, "formula": formula or self.formula}
        return Metric[OtherInputs, OtherValue](**vars(self) | changed)


def evaluate(metrics: Mapping[str, Metric[OtherInputs, float | None]], inputs: OtherInputs) -> dict[str, Any]:
    """Numbers by name, in the order of the metrics; None for what does not exist or is not finite."""
    found = ((name, metric.function(inputs)) for name, metric in metrics.items())
    return {name: value if value is not None and math.isfinite(value) else None for name, value in found}


def conventions_of(metrics: Mapping[str, Metric[Any, Any]]) -> dict[str, str]:
    """What each means, by name."""
    return {name: metric.convention for name, metric in metrics.items()}
