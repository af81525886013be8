"""With closes beyond the range of the bars before, until they leave a shorter range on the other side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from candlecloud.features.feature import FeatureUse
from candlecloud.features.registry import compute_feature
from candlecloud.parameters import Parameter, Parameters
from candlecloud.strategies.strategy import Strategy

if TYPE_CHECKING:
    from candlecloud.arrays import FloatArray
    from candlecloud.features.bars import Bars


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    from candlecloud.strategies.holding import before, hold  # needs NumPy, the registry does not

    wide = compute_feature(bars, "donchian", {"window": parameters["entry"]})
    narrow = compute_feature(bars, "donchian", {"window": parameters["exit"]})
    return hold(
        long_entry=bars.close > before(wide["upper"]),
        long_exit=bars.close < before(narrow["lower"]),
        short_entry=bars.close < before(wide["lower"]),
        short_exit=bars.close > before(narrow["upper"]),
    )


def _conflict(parameters: Parameters) -> str | None:
    entry, leave = parameters["entry"], parameters["exit"]
    return None if leave <= entry else f"exit ({leave}) must not be above entry ({entry})"


DONCHIAN_BREAKOUT = Strategy(
    name="donchian_breakout",
    description="Long from a close > highest high of the `entry` bars before it to the first close < lowest low of the "
    "`exit` bars before it, short from a close < lowest low of the `entry` bars before it to the first close > highest "
    "high of the `exit` bars before it, flat otherwise.",
    parameters=(
        Parameter("entry", "integer", 1, 10_000, 20, "Bars of the range whose break enters."),
        Parameter("exit", "integer", 1, 10_000, 10, "Bars of the range whose break leaves; at most entry."),
    ),
    warmup_bars=lambda parameters: int(parameters["entry"]) + 1,
    target=_target,
    conflict=_conflict,
    features=lambda parameters: [
        FeatureUse("donchian", {"window": parameters[window]}, output=output)
        for window in ("entry", "exit")
        for output in ("upper", "lower")
    ],
)
