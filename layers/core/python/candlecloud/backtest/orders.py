"""What a run wants of the market: sides that it takes, and the words for why and where an order filled."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.errors import InvalidParameterError

Direction = Literal["long", "short", "both"]
DIRECTIONS: tuple[Direction, ...] = ("long", "short", "both")

Moment = Literal["open", "within", "close"]
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
]
Refusal = Literal["size_zero", "below_lot_step", "below_min_notional", "costs_reverse"]

# In the order of the codes in `kernels.account`.
MOMENTS: tuple[Moment, ...] = ("open", "within", "close")
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
)
REFUSALS: tuple[Refusal, ...] = ("size_zero", "below_lot_step", "below_min_notional", "costs_reverse")


class Fill(NamedTuple):
    """One execution.

    Quantity is signed (a buy is above 0), in base asset; `held` is the position after it. Price (moved), fee and
    slippage are in quote currency. `moment` is where in its bar it happened.
    """

    bar: int
    moment: Moment
    quantity: float
    held: float
    price: float
    fee: float
    slippage: float
    reason: Reason


def allowed_target(target: FloatArray, direction: Direction) -> FloatArray:
    """The target without the sides that the run does not take.

    Raises
    ------
    InvalidParameterError
        If a target lies outside [-1, 1] or is not a number.
    """
    if not len(target):
        return target
    low, high = target.min(), target.max()
    if not (low >= -1.0 and high <= 1.0):
        raise InvalidParameterError("A target position lies outside [-1, 1] or is not a number.", field="target")
    if direction == "long":
        return target if low >= 0.0 else np.maximum(target, 0.0)
    if direction == "short":
        return target if high <= 0.0 else np.minimum(target, 0.0)
    return target
