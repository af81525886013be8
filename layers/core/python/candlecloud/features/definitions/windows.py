"""The parameter that most features share."""

from __future__ import annotations

from candlecloud.parameters import Parameter, Parameters

LONGEST_WINDOW = 10_000


def window(default: int, low: int = 1, description: str = "Bars in the window, the current one included.") -> Parameter:
    """A window in bars.

    Parameters
    ----------
    low : int
        The shortest for which the formula means something.
    """
    return Parameter("window", "integer", low, LONGEST_WINDOW, default, description)


def full_window(parameters: Parameters) -> int:
    """Warm-up of a feature that needs its window and nothing more."""
    return int(parameters["window"])


def full_window_of_changes(parameters: Parameters) -> int:
    """Warm-up of a feature of `window` changes from bar to bar."""
    return int(parameters["window"]) + 1
