"""Every switch of the semantics by name: a result says which way each one stood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from candlecloud.backtest.execution import Execution
from candlecloud.backtest.orders import ENTRY_TYPES, Direction

_OFF = "off"


def name_assumptions(
    execution: Execution,
    *,
    direction: Direction,
    slippage: Mapping[str, Any],
    sizing: Mapping[str, Any],
    funding: Mapping[str, Any] | None,
    unknown_volume_bars: int,
    finer_timeframe: str = "",
    look_ahead_test: bool = False,
) -> dict[str, Any]:
    """Switches of one run, as JSON-able values.

    Parameters
    ----------
    slippage, sizing : mapping
        Name and parameters of the models.
    funding : mapping or None
        What is charged on a derivative; None for spot.
    unknown_volume_bars : int
        Bars whose volume the exchange does not say.
    finer_timeframe : str
        Of the intrabar data that is asked which of stop and take-profit came first; empty if none are.
    look_ahead_test : bool
        Whether the strategy was run on a garbage future first, and did not notice.
    """
    return {
        "decision": "close of bar t, from bars up to t",
        "fill": "open of the first later bar that trades",
        "zero_volume_bar": "fills nothing; the order waits, a newer target replaces it",
        "unknown_volume_bar": {"fills": True, "bars": unknown_volume_bars},
        "sizing": dict(sizing)
        | {"rule": "target times size times equity at the fill price after its fee; a full long never borrows"},
        "entry": _entry(execution),
        "rebalance": _rebalance(execution),
        "slippage": dict(slippage),
        "fee": {
            "model": "bps_of_notional",
            "taker_bps": execution.taker_fee_bps,
            "maker_bps": execution.maker_fee_bps,
            "maker": "take-profit and limit entry fills; all others take",
        },
        "funding": "none: spot" if funding is None else dict(funding),
        "borrowing": "no short pays interest: a declared assumption" if direction != "long" else "none: long only",
        "direction": direction,
        "market_rules": _market_rules(execution),
        "participation": _participation(execution),
        "stops": _stops(execution, finer_timeframe),
        "time_exit": {"max_bars": execution.max_bars, "fill": "next open"} if execution.max_bars else _OFF,
        "drawdown_limit": _drawdown_limit(execution),
        "flatten_at_end": execution.flatten_at_end,
        "ruin": "a position is closed at the price, or the close, where equity is 0 or less; then nothing trades",
        "absent_candles": "no bar: nothing is decided, filled or marked there",
        "prices": "integer ticks for every comparison of averages, float64 for money",
        "annualisation": "365-day clock",
        "look_ahead_test": "passed: a garbage future moved no decision" if look_ahead_test else "not run",
    }


def _entry(execution: Execution) -> str | dict[str, Any]:
    if not execution.entry_type:
        return "market order at the open"
    kind = ENTRY_TYPES[execution.entry_type]
    return {
        "type": kind,
        "offset_bps": execution.entry_offset_bps,
        "from": "the last close before the first bar that it works in",
        "expires_bars": execution.entry_expires_bars or None,
        "must_trade_through_ticks": execution.entry_through_ticks if kind == "limit" else None,
        "in_its_bar": "stops are tested against the whole bar, take-profit is not",
    }


def _rebalance(execution: Execution) -> str | dict[str, Any]:
    if not execution.rebalance_band:
        return "when the target changes"
    return {"when": "the target changes, or the share of equity leaves its band", "band": execution.rebalance_band}


def _market_rules(execution: Execution) -> str | dict[str, Any]:
    rules = {
        "tick_size": execution.tick_size,
        "lot_step": execution.lot_step,
        "min_notional": execution.min_notional,
    }
    if not any(rules.values()):
        return "off: quantities are fractional, no minimum notional"
    return rules | {"rounding": "prices to the worse tick, quantities down to whole lots; below a minimum: refused"}


def _participation(execution: Execution) -> str | dict[str, Any]:
    if not execution.max_participation:
        return "unlimited: a fill takes no share of the bar's volume into account"
    return {
        "max_participation": execution.max_participation,
        "impact_bps": execution.impact_bps,
        "per": "bar, all its fills together",
        "remainder": "waits for the next bar that trades",
        "exempt": "take-profit, ruin, flattening at the end",
    }


def _stops(execution: Execution, finer_timeframe: str) -> str | dict[str, Any]:
    if not execution.has_stops:
        return _OFF
    return {
        "stop_loss": execution.stop_loss or None,
        "take_profit": execution.take_profit or None,
        "trailing_stop": execution.trailing_stop or None,
        "average_true_ranges": {
            "stop_loss": execution.stop_loss_atr or None,
            "take_profit": execution.take_profit_atr or None,
            "trailing_stop": execution.trailing_stop_atr or None,
            "known": "at the close before the entry",
        }
        if execution.has_atr_stops
        else None,
        "fill": "at the level, or at the open where the bar opens beyond it; stops pay slippage, take-profit does not",
        "trailing": "from the best price of the bars before",
        "both_in_one_bar": "the stop first",
        "finer_candles": f"{finer_timeframe} candles are asked first" if finer_timeframe else "not asked",
    }


def _drawdown_limit(execution: Execution) -> str | dict[str, Any]:
    if not execution.drawdown_limit:
        return _OFF
    return {
        "limit": execution.drawdown_limit,
        "cooldown_bars": execution.cooldown_bars,
        "measured": "at closes, from the highest since the last pause",
    }
