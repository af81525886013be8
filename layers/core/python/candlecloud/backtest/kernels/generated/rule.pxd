# Written by `python -m infra.generate` from backtest/kernels/layout.py.

cdef enum:
    taker_fee = 0
    maker_fee = 1
    slippage = 2
    impact = 3
    max_participation = 4
    stop_loss = 5
    take_profit = 6
    trailing_stop = 7
    stop_loss_atr = 8
    take_profit_atr = 9
    trailing_stop_atr = 10
    max_bars = 11
    drawdown_limit = 12
    cooldown_bars = 13
    rebalance_band = 14
    tick_size = 15
    lot_step = 16
    min_notional = 17
    flatten_at_end = 18
    optimistic = 19
    lowest = 20
    highest = 21
