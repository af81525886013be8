"""From what the user set to the engine's plain numbers, and to those of the benchmark beside it."""

from __future__ import annotations

from typing import Any

from candlecloud.backtest.execution import Execution
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.contract.run import RunConfig
from candlecloud.contract.setting import Setting
from candlecloud.contract.trading import Stops, fixed_fraction
from candlecloud.strategies.builtin.buy_and_hold import BUY_AND_HOLD

BENCHMARK = BUY_AND_HOLD.name


def execution_of(setting: Setting) -> Execution:
    """Costs, stops, limits and market rules as numbers; 0 is off."""
    limit, stops, rules = setting.drawdown_limit, setting.stops, setting.market_rules
    return Execution(
        taker_fee_bps=setting.fee_bps,
        maker_fee_bps=setting.fee_bps if setting.maker_fee_bps is None else setting.maker_fee_bps,
        **SLIPPAGE.find(setting.slippage.model).execution(setting.slippage.parameters),
        stop_loss=stops.stop_loss or 0.0,
        take_profit=stops.take_profit or 0.0,
        trailing_stop=stops.trailing_stop or 0.0,
        drawdown_limit=0.0 if limit is None else limit.max_drawdown,
        cooldown_bars=0 if limit is None else limit.cooldown_bars,
        rebalance_band=setting.rebalance_band or 0.0,
        tick_size=rules.tick_size or 0.0,
        lot_step=rules.lot_step or 0.0,
        min_notional=rules.min_notional or 0.0,
        flatten_at_end=setting.flatten_at_end,
    )


def benchmark_of(setting: Setting) -> RunConfig:
    """Buy and hold in the same market and time, with the same money and costs: long, all in, no stops or limits."""
    shared = {name: getattr(setting, name) for name in Setting.model_fields}
    own: dict[str, Any] = {
        "strategy": BENCHMARK,
        "rules": None,
        "parameters": {},
        "direction": "long",
        "sizing": fixed_fraction(),
        "stops": Stops(),
        "drawdown_limit": None,
        "rebalance_band": None,
        "finer_timeframe": "none",
    }
    return RunConfig.model_construct(None, **shared | own)
