"""With closes beyond the range of the bars before, until they leave a shorter range on the other side."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_feature
from candlecloud.features.families.channel import DONCHIAN
from candlecloud.parameters import Parameter, Parameters, Warmup
from candlecloud.spec import FeatureUse
from candlecloud.strategies.holding import before, hold
from candlecloud.strategies.strategy import Strategy


def _target(bars: Bars, parameters: Parameters) -> FloatArray:
    wide = compute_feature(bars, DONCHIAN, {"window": parameters["entry"]})
    narrow = compute_feature(bars, DONCHIAN, {"window": parameters["exit"]})
    return hold(
        long_entry=bars.close > before(wide["upper"]),
        long_exit=bars.close < before(narrow["lower"]),
        short_entry=bars.close < before(wide["lower"]),
        short_exit=bars.close > before(narrow["upper"]),
    )


DONCHIAN_BREAKOUT = Strategy(
    name="donchian_breakout",
    description="Long from a close > highest high of the `entry` bars before it to the first close < lowest low of the "
    "`exit` bars before it, short from a close < lowest low of the `entry` bars before it to the first close > highest "
    "high of the `exit` bars before it, flat otherwise.",
    parameters=(
        Parameter("entry", "integer", 1, 10_000, 20, "Bars of the range whose break enters."),
        Parameter("exit", "integer", 1, 10_000, 10, "Bars of the range whose break leaves; at most entry."),
    ),
    warmup=Warmup(1, {"entry": 1}),
    target=_target,
    ordered=("exit", "<=", "entry"),
    features=lambda parameters: [
        FeatureUse(DONCHIAN, {"window": parameters[window]}, output=output)
        for window in ("entry", "exit")
        for output in ("upper", "lower")
    ],
)
