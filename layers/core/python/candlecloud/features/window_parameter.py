"""The parameter that most features share, and the warm-ups that follow from it."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Warmup

LONGEST_WINDOW = 10_000
FULL_WINDOW = Warmup(0, {"window": 1})
"""Of a feature that needs its window and nothing more."""
FULL_WINDOW_OF_CHANGES = Warmup(1, {"window": 1})
"""Of a feature of `window` changes from bar to bar."""


def window_parameter(
    default: int, low: int = 1, description: str = "Bars in the window, the current one included."
) -> Parameter:
    """A window in bars.

    Parameters
    ----------
    low : int
        The shortest for which the formula means something.
    """
    return Parameter("window", "integer", low, LONGEST_WINDOW, default, description)
