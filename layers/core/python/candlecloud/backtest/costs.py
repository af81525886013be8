"""What a fill costs: slippage moves its price, the fee is charged on its notional."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Costs:
    """Fixed costs in basis points (1 bp is 0.01 %), the same for every fill."""

    fee_bps: float = 0.0
    slippage_bps: float = 0.0

    @property
    def fee_rate(self) -> float:
        """Fee as a fraction of the notional at the fill price."""
        return self.fee_bps / 10_000.0

    @property
    def slippage_rate(self) -> float:
        """How far a fill is moved against us, as a fraction of the price."""
        return self.slippage_bps / 10_000.0
