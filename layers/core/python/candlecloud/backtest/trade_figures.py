"""The figures of a closed trade: what the engine works out, and what a result shows beside the two times. No NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from candlecloud.metrics.result_part import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeFigures(Part):
    """Of one round trip, from flat to flat.

    Attributes
    ----------
    entry_price, exit_price : float
        Mean price of the fills in and out, slippage included, fees not.
    quantity : float
        Base asset, all that was taken on (bought for a long, sold for a short).
    fees, slippage, funding, pnl : float
        Quote currency; funding is what was paid less what was received; pnl is after all three.
    return_fraction : float
        pnl over the notional taken on.
    mae, mfe : float
        Maximum adverse and favourable excursion, as fractions (0 or more) of the entry price. They come from the highs
        and lows of the bars that it was held over. The last bar counts as far as is certain: not at all for an exit at
        the open, by the exit price alone for one within, whole for one at the close. The bar of an entry within it
        does not count.
    holding_bars : int
        Closes that the position was held over.
    exit_reason : str
        Of the last fill.
    """

    direction: Literal["long", "short"]
    entry_price: float
    exit_price: float
    quantity: float
    fees: float
    slippage: float
    funding: float
    pnl: float
    return_fraction: float
    mae: float
    mfe: float
    holding_bars: int
    holding_seconds: int
    exit_reason: str
