"""Labels of the market's state."""

from __future__ import annotations

from candlecloud.features.definitions.volatility import lookback, window_and_lookback
from candlecloud.features.definitions.windows import full_window, window
from candlecloud.features.feature import Feature, deferred
from candlecloud.parameters import Parameter, Parameters


def _limits_conflict(parameters: Parameters) -> str | None:
    low, high = parameters["low"], parameters["high"]
    return None if low < high else f"low ({low}) must be below high ({high})"


TREND_REGIME = Feature(
    name="trend_regime",
    description="Up or down where the close lies more than a band away from its long simple average, else flat.",
    formula="d = c[t] / SMA(w) - 1; up if d > band, down if d < -band, flat otherwise (a tie is flat)",
    source="own definition, after Faber 2007, A Quantitative Approach to Tactical Asset Allocation",
    kind="label",
    labels={-1: "down", 0: "flat", 1: "up"},
    parameters=(
        window(200, low=2),
        Parameter("band", "number", 0.0, 1.0, 0.02, "Fraction of the average that counts as no trend."),
    ),
    warmup_bars=full_window,
    compute=deferred("regime", "trend_regime_of_bars"),
)
VOLATILITY_REGIME = Feature(
    name="volatility_regime",
    description="Low, normal or high by the rank of the realised volatility among its own last values.",
    formula="rank = (values below + half of those equal, itself included) / lookback; low if rank < low, high if "
    "rank > high, normal otherwise (all equal: rank 0.5)",
    source="own definition: causal percentile of realised_volatility(window)",
    kind="label",
    labels={0: "low", 1: "normal", 2: "high"},
    parameters=(
        window(24, low=2, description="Log returns in the window of the realised volatility."),
        lookback(720, "Values of the realised volatility that the newest is ranked among, itself included."),
        Parameter("low", "number", 0.0, 1.0, 0.25, "Ranks below it are low."),
        Parameter("high", "number", 0.0, 1.0, 0.75, "Ranks above it are high."),
    ),
    warmup_bars=window_and_lookback,
    compute=deferred("regime", "volatility_regime_of_bars"),
    conflict=_limits_conflict,
)
