"""Sizing models: which fraction of equity a target of 1 takes. Needs no NumPy until a size is computed.

To add one: write its function, define it, add it to the tuple at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from candlecloud.errors import InvalidParameterError
from candlecloud.features.registry import compute_feature
from candlecloud.parameters import Number, Parameter, Parameters, check_bounds, parameters_schema

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars


@dataclass(frozen=True)
class SizingModel:
    """A rule for the fraction of equity behind a position.

    Attributes
    ----------
    warmup_bars : callable
        Parameters to the number of closed bars before which every size is 0; 1 if there are none.
    size : callable
        Bars, targets (what the run's direction allows) and parameters to fractions in [0, 1], one per bar or one for
        all; finite. Entry t depends on bars 0..t and targets 0..t only.
    conflict : callable
        Parameters (each in its bounds) to a sentence why they do not go together, or None.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    warmup_bars: Callable[[Parameters], int]
    size: Callable[[Bars, FloatArray, Parameters], FloatArray | float]
    conflict: Callable[[Parameters], str | None] = lambda _: None

    def check_parameters(self, values: Mapping[str, Any], field: str = "sizing") -> dict[str, Number]:
        """Complete values by defaults and check them, each by itself and together.

        Raises
        ------
        InvalidParameterError
            For an unknown name, a value out of bounds, or values that conflict; `field` names the place in the request.
        """
        checked = check_bounds(self.name, self.parameters, values, field)
        reason = self.conflict(checked)
        if reason is not None:
            raise InvalidParameterError(f"{field}: {reason}.", field=field, got=checked)
        return checked

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the parameters."""
        return parameters_schema(self.parameters)


def _volatility_size(bars: Bars, target: FloatArray, parameters: Parameters) -> FloatArray:
    import numpy as np  # not at the top: the registry is read where there is no NumPy

    realised = compute_feature(bars, "realised_volatility", {"window": parameters["window"]})["realised_volatility"]
    wanted = float(parameters["annual_volatility"])
    known = np.where(np.isnan(realised), np.inf, realised)
    return np.asarray(wanted / np.maximum(known, wanted), np.float64)


def _kelly_size(bars: Bars, target: FloatArray, parameters: Parameters) -> FloatArray:
    from candlecloud.strategies.kelly import kelly_of_returns  # needs NumPy, the registry does not

    trailing = kelly_of_returns(bars.close, target, int(parameters["window"]), int(parameters["minimum_bars"]))
    return (float(parameters["fraction"]) * trailing).clip(0.0, 1.0)


def _kelly_conflict(parameters: Parameters) -> str | None:
    least, window = parameters["minimum_bars"], parameters["window"]
    return None if least <= window else f"minimum_bars ({least}) must not be above window ({window})"


FIXED_FRACTION = SizingModel(
    name="fixed_fraction",
    description="The same fraction of equity for every position.",
    parameters=(Parameter("fraction", "number", 1e-6, 1.0, 1.0, "Fraction of equity; 1 is all of it."),),
    warmup_bars=lambda _: 1,
    size=lambda _bars, _target, parameters: float(parameters["fraction"]),
)
VOLATILITY_TARGET = SizingModel(
    name="volatility_target",
    description="min(1, annual_volatility / realised volatility), where the realised volatility is the sample standard "
    "deviation of the last `window` log returns from close to close, per 365-day year (feature realised_volatility). "
    "Size 1 where it is 0 (no close moved). The first `window` bars have size 0: they open nothing. Never above 1: no "
    "leverage.",
    parameters=(
        Parameter("annual_volatility", "number", 0.001, 10.0, 0.3, "Wanted volatility per year (0.3 = 30 %)."),
        Parameter("window", "integer", 2, 10_000, 168, "Returns that the realised volatility is made of."),
    ),
    warmup_bars=lambda parameters: int(parameters["window"]) + 1,
    size=_volatility_size,
)
KELLY_FRACTION = SizingModel(
    name="kelly_fraction",
    description="fraction x mean / sample variance of the strategy's own returns, cut to [0, 1]. A return is "
    "target[t-1] x (close[t] / close[t-1] - 1), before costs and sizing; the last `window` bars that held a position "
    "count (target[t-1] other than 0), each cut to 200 % either way. Size 0 until there are `minimum_bars` of them, "
    "and where their mean is not above 0; without variance the size is 1 if the mean is above 0. Counting begins with "
    "the bars of the run's warm-up.",
    parameters=(
        Parameter("fraction", "number", 0.01, 1.0, 0.5, "Part of the full Kelly bet; 0.5 is half Kelly."),
        Parameter("window", "integer", 2, 10_000, 720, "Bars with a position that count, the newest first."),
        Parameter("minimum_bars", "integer", 2, 10_000, 168, "Bars with a position before anything is bet."),
    ),
    warmup_bars=lambda parameters: int(parameters["minimum_bars"]) + 1,
    size=_kelly_size,
    conflict=_kelly_conflict,
)

SIZING: Mapping[str, SizingModel] = MappingProxyType(
    {model.name: model for model in (FIXED_FRACTION, VOLATILITY_TARGET, KELLY_FRACTION)}
)


def find_sizing(name: str, field: str = "sizing.model") -> SizingModel:
    """Look a sizing model up by its name.

    Raises
    ------
    InvalidParameterError
        If there is none; `field` names the place in the request.
    """
    if name not in SIZING:
        near = get_close_matches(str(name)[:80], SIZING, n=1)
        raise InvalidParameterError(
            f"There is no sizing model {str(name)[:80]!r}.",
            hint=(f"Did you mean {near[0]}? " if near else "") + f"Use one of {', '.join(SIZING)}.",
            field=field,
            allowed=list(SIZING),
        )
    return SIZING[name]
