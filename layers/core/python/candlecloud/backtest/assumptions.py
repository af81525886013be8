"""Every switch of the semantics by name: a result says which way each one stood."""

from __future__ import annotations

from typing import Any

from candlecloud.backtest.costs import Costs
from candlecloud.backtest.orders import Direction


def name_assumptions(
    costs: Costs, *, direction: Direction, flatten_at_end: bool, is_derivative: bool, unknown_volume_bars: int
) -> dict[str, Any]:
    """Switches of one run, as JSON-able values.

    Parameters
    ----------
    is_derivative : bool
        Whether the symbol pays funding, which this engine does not charge.
    unknown_volume_bars : int
        Bars whose volume the exchange does not say.
    """
    return {
        "decision": "close of bar t, from bars up to t",
        "fill": "open of the first later bar that trades",
        "zero_volume_bar": "fills nothing; the order waits, a newer target replaces it",
        "unknown_volume_bar": {"fills": True, "bars": unknown_volume_bars},
        "sizing": "target times equity at the fill price after its fee; a full long position never borrows",
        "rebalance": "when the target changes",
        "slippage": {"model": "fixed_bps", "bps": costs.slippage_bps},
        "fee": {"model": "bps_of_notional", "bps": costs.fee_bps},
        "funding": "not charged: a declared assumption" if is_derivative else "none: spot",
        "borrowing": "no short pays interest: a declared assumption" if direction != "long" else "none: long only",
        "direction": direction,
        "market_rules": "off: quantities are fractional, no minimum notional",
        "participation": "unlimited: a fill takes no share of the bar's volume into account",
        "stops": "off",
        "flatten_at_end": flatten_at_end,
        "ruin": "a short is bought back at the first close where equity is 0 or less; then nothing trades",
        "absent_candles": "no bar: nothing is decided, filled or marked there",
        "prices": "integer ticks for every comparison, float64 for money",
        "annualisation": "365-day clock",
    }
