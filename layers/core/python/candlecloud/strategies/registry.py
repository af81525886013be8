"""The strategies that a run can name. To add one: write its module, add it to the tuple below."""

from __future__ import annotations

from candlecloud.errors import UnknownStrategyError
from candlecloud.registry import Registry
from candlecloud.strategies.bollinger_reversion import BOLLINGER_REVERSION
from candlecloud.strategies.buy_and_hold import BUY_AND_HOLD
from candlecloud.strategies.donchian_breakout import DONCHIAN_BREAKOUT
from candlecloud.strategies.dual_sma import DUAL_SMA
from candlecloud.strategies.ema_cross import EMA_CROSS
from candlecloud.strategies.macd import MACD
from candlecloud.strategies.rsi_reversion import RSI_REVERSION
from candlecloud.strategies.strategy import Strategy
from candlecloud.strategies.time_series_momentum import TIME_SERIES_MOMENTUM
from candlecloud.strategies.volatility_breakout import VOLATILITY_BREAKOUT
from candlecloud.strategies.zscore_reversion import ZSCORE_REVERSION

STRATEGIES: Registry[Strategy] = Registry(
    "strategy",
    (
        BUY_AND_HOLD, DUAL_SMA, EMA_CROSS, MACD, RSI_REVERSION, BOLLINGER_REVERSION, ZSCORE_REVERSION,
        DONCHIAN_BREAKOUT, TIME_SERIES_MOMENTUM, VOLATILITY_BREAKOUT,
    ),
    field="strategy",
    error=UnknownStrategyError,
)  # fmt: skip
