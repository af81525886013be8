"""What stands where in the arrays of the kernels: each list of names once.

``generated/<list>.pxd`` is written from it by ``python -m infra.generate``: there a name is a constant of the C
compiler. Uncompiled, a kernel reads the number here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from candlecloud.backtest.execution import Execution
from candlecloud.backtest.orders import FILL_PHASES, REASONS, REFUSALS
from candlecloud.metrics.accumulators import COLUMNS


class Places:
    """Names and their numbers, as attributes: ``Places("open", "close").close`` is 1."""

    def __init__(self, *names: str) -> None:
        vars(self).update((name, number) for number, name in enumerate(names))

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> int: ...


COLUMN = Places(*COLUMNS, "width")
"""A row of statistics."""
RULE = Places(*(field.name.removesuffix("_bps") for field in fields(Execution)), "optimistic", "lowest", "highest")
"""`Execution.rules`, and the lowest and highest target that the run's direction allows."""
PHASE = Places(*FILL_PHASES)
REASON = Places(*REASONS)
NOTE = Places(*REFUSALS, "capped")
FINAL = Places("cash", "held", "asked", "weight", "resume", "working", "width")
"""The final state of a run: cash, position, target last taken up, its weight, last bar of the drawdown limit's pause,
and 1 if an order still waits."""
CODE = Places("bar", "phase", "reason", "width")
NUMBER = Places("change", "held", "price", "fee", "slippage", "width")
"""A recorded fill: whole numbers and floats."""
SET = Places("cash", "quantity", "flat_cash", "peak", "last_peak", "peak_time", "width")
"""A set of the vectorised engine between two tiles; its sums wait in its row of statistics."""
TERM = Places(
    *("buy_price", "buy_cost", "buy_slippage", "buy_returns", "buy_squares", "buy_negatives"),
    *("sell_price", "sell_slippage", "sell_returns", "sell_squares", "sell_negatives"),
    *("closes", "width"),
)
"""What a fill at a bar's open costs and adds to the sums: `tiles.precompute_fill_terms`."""
