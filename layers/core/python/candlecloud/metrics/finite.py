"""Figures beyond the largest float do not exist: JSON has no infinity."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeVar

from candlecloud.metrics.figures import Figures

F = TypeVar("F", bound=Figures)


def finite_only(figures: F) -> F:
    """The same with None for every number that is not finite, such as a ratio over next to nothing."""
    beyond = {name: None for name, value in vars(figures).items() if value is not None and not math.isfinite(value)}
    return replace(figures, **beyond) if beyond else figures  # type: ignore[type-var]
