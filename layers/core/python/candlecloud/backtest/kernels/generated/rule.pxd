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
    entry_type = 18
    entry_offset = 19
    entry_expires_bars = 20
    entry_through_ticks = 21
    flatten_at_end = 22
    optimistic = 23
    lowest = 24
    highest = 25
