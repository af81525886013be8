"""What trading cost."""

from __future__ import annotations

from candlecloud.arrays import FloatArray
from candlecloud.metrics.rows import RowMetric, Rows, where

_NO_PROFIT = 1e-9  # of the initial equity: a gross profit below it is rounding, and no share of it is a number

FEES = RowMetric(
    name="fees",
    unit="quote currency",
    label="Fees",
    group="Costs and size",
    convention="Quote currency, all fills.",
    formula="sum(fee)",
    function=lambda rows: rows["fees"],
    nullable=False,
)

SLIPPAGE = RowMetric(
    name="slippage",
    unit="quote currency",
    label="Slippage",
    group="Costs and size",
    convention="Quote currency lost against the unmoved price, all fills.",
    formula="sum(|quantity| * |price - unmoved price|)",
    function=lambda rows: rows["slippage"],
    nullable=False,
)

FUNDING = RowMetric(
    name="funding",
    unit="quote currency",
    label="Funding",
    group="Costs and size",
    convention="Quote currency paid less received at funding times.",
    formula="sum(paid - received)",
    function=lambda rows: rows["funding"],
    nullable=False,
)


def cost_share(rows: Rows) -> FloatArray:
    """Costs over the profit that the same fills would have made without them."""
    costs = rows["fees"] + rows["slippage"] + rows["funding"]
    before_costs = rows["final_equity"] - rows.initial_equity + costs
    return where(before_costs > _NO_PROFIT * rows.initial_equity, costs / before_costs)


COST_SHARE = RowMetric(
    name="cost_share",
    unit="fraction",
    label="Cost share",
    group="Costs and size",
    convention="Fees, slippage and funding over the profit of the same fills without them (final less initial equity "
    "plus these costs); above 1 costs ate more than was earned, null where nothing was.",
    formula="costs / (E[n] - E[0] + costs)",
    function=cost_share,
)

COSTS = (FEES, SLIPPAGE, FUNDING, COST_SHARE)
