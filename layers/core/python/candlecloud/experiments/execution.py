"""From what the user set to the engine's plain numbers, and to those of the benchmark beside it."""

from __future__ import annotations

from typing import Any

from candlecloud.backtest.execution import Execution
from candlecloud.backtest.orders import ENTRY_TYPES
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.contract.execution_settings import Stops, fixed_fraction
from candlecloud.contract.run import RunConfig
from candlecloud.contract.run_spec import RunSpec
from candlecloud.strategies.builtin.buy_and_hold import BUY_AND_HOLD

BENCHMARK = BUY_AND_HOLD.name


def execution_of(spec: RunSpec) -> Execution:
    """Costs, stops, limits and market rules as numbers; 0 is off."""
    limit, stops, rules, entry = spec.drawdown_limit, spec.stops, spec.market_rules, spec.entry
    return Execution(
        taker_fee_bps=spec.fee_bps,
        maker_fee_bps=spec.fee_bps if spec.maker_fee_bps is None else spec.maker_fee_bps,
        **SLIPPAGE.find(spec.slippage.model).execution(spec.slippage.parameters),
        stop_loss=stops.stop_loss or 0.0,
        take_profit=stops.take_profit or 0.0,
        trailing_stop=stops.trailing_stop or 0.0,
        stop_loss_atr=stops.stop_loss_atr or 0.0,
        take_profit_atr=stops.take_profit_atr or 0.0,
        trailing_stop_atr=stops.trailing_stop_atr or 0.0,
        max_bars=stops.max_bars or 0,
        drawdown_limit=0.0 if limit is None else limit.max_drawdown,
        cooldown_bars=0 if limit is None else limit.cooldown_bars,
        rebalance_band=spec.rebalance_band or 0.0,
        tick_size=rules.tick_size or 0.0,
        lot_step=rules.lot_step or 0.0,
        min_notional=rules.min_notional or 0.0,
        entry_type=0 if entry is None else ENTRY_TYPES.index(entry.type),
        entry_offset_bps=0.0 if entry is None else entry.offset_bps,
        entry_expires_bars=0 if entry is None else entry.expires_bars or 0,
        entry_through_ticks=0 if entry is None else entry.must_trade_through_ticks,
        flatten_at_end=spec.flatten_at_end,
    )


def benchmark_of(spec: RunSpec) -> RunConfig:
    """Buy and hold in the same market and time, with the same money and costs: long, all in, no stops or limits."""
    shared = {name: getattr(spec, name) for name in RunSpec.model_fields}
    own: dict[str, Any] = {
        "strategy": BENCHMARK,
        "rules": None,
        "signals": None,
        "signals_fill": None,
        "parameters": {},
        "direction": "long",
        "sizing": fixed_fraction(),
        "entry": None,
        "stops": Stops(),
        "drawdown_limit": None,
        "rebalance_band": None,
        "finer_timeframe": "none",
    }
    return RunConfig.model_construct(None, **shared | own)
