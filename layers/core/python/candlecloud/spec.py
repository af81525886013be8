"""What an entry with parameters says about itself: all but its function. Needs no NumPy.

Checks, warm-up, schema and documentation need no more. The registries of `features`, `strategies` and `backtest` hold
subclasses that also compute; `candlecloud.catalogue` holds the data alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from candlecloud.errors import InvalidParameterError
from candlecloud.market.timeframe import Timeframe
from candlecloud.parameters import (
    Instead,
    Number,
    Ordered,
    Parameter,
    Parameters,
    Warmup,
    by_own_names,
    check_bounds,
    parameters_schema,
)


@dataclass(frozen=True, kw_only=True)
class Spec:
    """Name, parameters with bounds and warm-up of an entry.

    Attributes
    ----------
    ordered : tuple of str
        Which values must ascend for a parameter set to make sense: ``("fast", "<", "slow")``; empty for none.
    warmup : Warmup
        Bars until the first value; 1 if nothing is waited for.
    instead : Instead, optional
        Parameters that replace others.
    former : mapping
        Names that it or a parameter of it had, to the hint for those who still use them.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...] = ()
    ordered: tuple[str, ...] = ()
    warmup: Warmup = field(default_factory=Warmup)
    instead: Instead | None = None
    former: Mapping[str, str] = field(default_factory=dict)

    @property
    def orders(self) -> tuple[Ordered, ...]:
        """What must hold between parameters."""
        return (Ordered(self.ordered),) if self.ordered else ()

    def check_bounds(self, values: Mapping[str, Any], field: str = "parameters") -> dict[str, Number]:
        """Complete values by defaults and check each by itself.

        Returns
        -------
        dict
            Every parameter of the entry, in its order; without those that others replace.

        Raises
        ------
        InvalidParameterError
            For an unknown name or a value out of bounds; `field` names the place in the request.
        """
        values = by_own_names(self.parameters, values, field)
        for name, hint in self.former.items():
            if name in values:
                raise InvalidParameterError(
                    f"{self.name} has no parameter {name!r} any more.", hint=hint, field=f"{field}.{name}"
                )
        absent = () if self.instead is None else self.instead.absent(self.name, values, field)
        return check_bounds(self.name, [p for p in self.parameters if p.name not in absent], values, field)

    def check_parameters(self, values: Mapping[str, Any], field: str = "parameters") -> dict[str, Number]:
        """Like `check_bounds`, and check that the values go together.

        Raises
        ------
        InvalidParameterError
            For an unknown name, a value out of bounds, or values that conflict.
        """
        checked = self.check_bounds(values, field)
        reason = self.conflict(checked)
        if reason is not None:
            raise InvalidParameterError(f"{field}: {reason}.", field=field, got=checked)
        return checked

    def conflict(self, parameters: Parameters) -> str | None:
        """Why values, each in its bounds, do not go together; None if they do."""
        orders = (order for order in self.orders if all(name in parameters for name in order.parameters))
        return next((reason for order in orders if (reason := order.reason(parameters)) is not None), None)

    def warmup_bars(self, parameters: Parameters) -> int:
        """Closed bars that the first value or decision needs, the current one included."""
        return self.warmup.of(parameters)

    @property
    def warmup_parameters(self) -> tuple[str, ...]:
        """Names of the parameters that the warm-up depends on."""
        return tuple(self.warmup.per)

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        return parameters_schema(self.parameters)

    def parameter_lines(self) -> list[str]:
        """Parameters as a Markdown table and what must hold between them, for a page; empty without parameters."""
        if not self.parameters:
            return []
        lines = ["\n| parameter | kind | from | to | default | meaning |\n|---|---|---|---|---|---|"]
        lines += [
            f"| `{p.name}` | {p.kind} | {p.low} | {p.high} | {'none' if p.default is None else p.default} "
            f"| {p.meaning} |"
            for p in self.parameters
        ]
        if self.orders:
            lines.append("\nTogether: " + "; ".join(order.text for order in self.orders) + ".")
        if self.instead is not None:
            given, replaced = (", ".join(f"`{name}`" for name in names) for names in vars(self.instead).values())
            lines.append(f"\n{given}: all or none; instead of {replaced}.")
        return lines


@dataclass(frozen=True, kw_only=True)
class SizingSpec(Spec):
    """A sizing model, without its function.

    Attributes
    ----------
    rebalance_band : float
        Of a run that does not say one; 0 is off.
    """

    rebalance_band: float = 0.0


@dataclass(frozen=True, kw_only=True)
class FeatureSpec(Spec):
    """A causal function of bars, without the function.

    Entries before the warm-up are NaN, and so are entries whose inputs are unknown (a volume that the exchange does not
    say) or whose formula is 0/0; no others.

    Attributes
    ----------
    formula, source : str
        What is computed, and the book, paper or function that defines it.
    outputs : tuple of str
        Names of the arrays that it computes; a feature with one output calls it by its own name.
    kind : {"indicator", "label"}
        A label's values are small whole numbers, named by `labels`.
    recursive : bool
        Whether values remember every bar since the first one given (seeded as TA-Lib does). All others depend on a
        window alone: the same window of bars gives the same bits wherever the bars begin.
    labels : mapping
        Value of a label to its name.
    """

    formula: str
    source: str
    outputs: tuple[str, ...] = ()
    kind: Literal["indicator", "label"] = "indicator"
    recursive: bool = False
    labels: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.outputs:
            object.__setattr__(self, "outputs", (self.name,))


@dataclass(frozen=True, kw_only=True)
class StrategySpec(Spec):
    """A rule that turns bars into a target position, without the rule.

    Attributes
    ----------
    sides : frozenset of str
        ``long`` and ``short``, as far as the target ever names them: a run in the other direction could not trade.
    crossing : tuple of str, optional
        Names of the parameters that are the windows a and b, where the long signal is exactly SMA(a) > SMA(b) of
        closes: an engine may then make the signal itself.
    """

    sides: frozenset[str] = frozenset({"long", "short"})
    crossing: tuple[str, str] | None = None


@dataclass(frozen=True)
class FeatureUse:
    """One feature as a strategy reads it.

    Attributes
    ----------
    parameters : mapping
        Those that differ from the defaults, or all.
    timeframe : str, optional
        Name of a higher timeframe that it is computed on; the bars' own when left out.
    output : str, optional
        Which of the feature's outputs; the first when left out.
    shift : int
        How many bars back, in bars of the timeframe that it is computed on: 1 on ``1d`` is the daily value before the
        last one known.

    Raises
    ------
    InvalidParameterError
        If the shift points into the future.
    """

    feature: FeatureSpec
    parameters: Parameters = field(default_factory=dict)
    timeframe: str | None = None
    output: str | None = None
    shift: int = 0

    def __post_init__(self) -> None:
        if self.shift < 0:
            raise InvalidParameterError(
                f"shift of {self.feature.name} must not be below 0.", hint="1 is the bar before.", field="shift"
            )

    def output_name(self, field: str = "output") -> str:
        """Name of the output that is read: the first one if the use does not say.

        Raises
        ------
        InvalidParameterError
            If the feature has no such output; `field` names the place in the request.
        """
        outputs = self.feature.outputs
        if self.output is not None and self.output not in outputs:
            raise InvalidParameterError(
                f"{self.feature.name} has no output {str(self.output)[:80]!r}.",
                hint=f"Outputs of {self.feature.name}: {', '.join(outputs)}.",
                field=field,
                allowed=list(outputs),
            )
        return self.output or outputs[0]

    def warmup_bars(self, bar_ms: int) -> int:
        """Bars of `bar_ms` that the first value needs, wherever on the grid they begin; more if candles are absent.

        (warm-up + shift) x ratio, and ratio - 1 more for a bar of the higher timeframe that they begin inside.

        Raises
        ------
        InvalidParameterError
            If a parameter is unknown, out of bounds or in conflict with another.
        InvalidTimeframeError
            If there is no such timeframe.
        """
        bars = self.feature.warmup_bars(self.feature.check_parameters(self.parameters)) + self.shift
        if self.timeframe is None:
            return bars
        ratio = max(1, Timeframe.parse(self.timeframe).ms // bar_ms)
        return bars * ratio + ratio - 1
