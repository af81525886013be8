"""What a run wants of the market: sides that it takes, and the words for why and where an order filled."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.errors import InvalidParameterError

Direction = Literal["long", "short", "both"]
DIRECTIONS: tuple[Direction, ...] = ("long", "short", "both")
SIDES: Mapping[Direction, tuple[float, float]] = MappingProxyType(
    {"long": (0.0, 1.0), "short": (-1.0, 0.0), "both": (-1.0, 1.0)}
)
"""Lowest and highest target that each direction allows."""

FillPhase = Literal["open", "within", "close"]
Reason = Literal[
    "target",
    "reversal",
    "end",
    "ruin",
    "stop_loss",
    "take_profit",
    "trailing_stop",
    "drawdown_limit",
    "rebalance",
    "time",
]
Refusal = Literal["size_zero", "below_lot_step", "below_min_notional", "costs_reverse", "expired"]

# In the order of their codes in the kernels.
FILL_PHASES: tuple[FillPhase, ...] = ("open", "within", "close")
REASONS: tuple[Reason, ...] = (
    "target",
    "reversal",
    "end",
    "ruin",
    "stop_loss",
    "take_profit",
    "trailing_stop",
    "drawdown_limit",
    "rebalance",
    "time",
)
REFUSALS: tuple[Refusal, ...] = ("size_zero", "below_lot_step", "below_min_notional", "costs_reverse", "expired")
ENTRY_TYPES: tuple[str, ...] = ("market", "limit", "stop")
"""In the order of their codes in `Execution.entry_type`."""


class Fill(NamedTuple):
    """One execution.

    Quantity is signed (a buy is above 0), in base asset; `held` is the position after it. Price (moved), fee and
    slippage are in quote currency. `phase` is where in its bar it happened.
    """

    bar: int
    phase: FillPhase
    quantity: float
    held: float
    price: float
    fee: float
    slippage: float
    reason: Reason


def check_target(target: FloatArray) -> None:
    """Check that targets are fractions of equity, on either side.

    Raises
    ------
    InvalidParameterError
        If a target lies outside [-1, 1] or is not a number.
    """
    if len(target) and not (target.min() >= -1.0 and target.max() <= 1.0):
        raise InvalidParameterError("A target position lies outside [-1, 1] or is not a number.", field="target")


def allowed_target(target: FloatArray, direction: Direction) -> FloatArray:
    """The target without the sides that the run does not take; `check_target` applies."""
    check_target(target)
    return np.clip(target, *SIDES[direction])
