"""The numbers that a run and each row of a sweep are told in: their names, their order, their types. No arrays here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """Fractions are fractions (0.01 is 1 %); None where a number does not exist.

    A ratio beyond the largest float (over a loss next to nothing) is None too: JSON has no infinity.
    """

    final_equity: float
    total_return: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float
    max_drawdown_bars: int
    max_drawdown_seconds: int
    n_trades: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None
    exposure: float
    turnover: float | None
    fees: float
    slippage: float
    funding: float
    cost_share: float | None

    def to_dict(self) -> dict[str, float | int | None]:
        """By name."""
        return dict(vars(self))


FIGURES = tuple(Summary.__dataclass_fields__)
WHOLE = tuple(name for name, field in Summary.__dataclass_fields__.items() if field.type == "int")
"""Those that count something."""
