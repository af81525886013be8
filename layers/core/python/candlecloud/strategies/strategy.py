"""What a strategy is: a name, parameters with bounds, a warm-up and a target function.

This module and the registry need no NumPy: the API and the planner check parameters without carrying it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from candlecloud.errors import InvalidParameterError
from candlecloud.features.feature import FeatureUse
from candlecloud.parameters import Number, Parameter, Parameters, check_bounds, parameters_schema

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars


@dataclass(frozen=True)
class Strategy:
    """A rule that turns bars into a target position.

    Attributes
    ----------
    warmup_bars : callable
        Parameters to the number of closed bars that the first decision needs.
    target : callable
        Bars and parameters to the wanted position after the close of each bar, a FloatArray in [-1, 1] of the bars'
        length; 0 before the warm-up. Entry t may depend on bars 0..t only.
    conflict : callable
        Parameters (each in its bounds) to a sentence why they do not go together, or None.
    features : callable
        Parameters to the features that `target` reads; prices of the bars need no mention.
    sides : frozenset of str
        ``long`` and ``short``, as far as `target` ever names them: a run in the other direction could not trade.
    crossing : tuple of str, optional
        Names of the windows (fast, slow), where the long signal is exactly SMA(fast) > SMA(slow) of closes, and the
        warm-up is the slow one: an engine may then make the signals itself.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    warmup_bars: Callable[[Parameters], int]
    target: Callable[[Bars, Parameters], FloatArray]
    conflict: Callable[[Parameters], str | None] = lambda _: None
    features: Callable[[Parameters], Sequence[FeatureUse]] = lambda _: ()
    crossing: tuple[str, str] | None = None
    sides: frozenset[str] = frozenset({"long", "short"})

    def check_bounds(self, values: Mapping[str, Any], field: str = "parameters") -> dict[str, Number]:
        """Complete values by defaults and check each by itself.

        Returns
        -------
        dict
            Every parameter of the strategy, in its order.

        Raises
        ------
        InvalidParameterError
            For an unknown name or a value out of bounds.
        """
        return check_bounds(self.name, self.parameters, values, field)

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

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        return parameters_schema(self.parameters)
