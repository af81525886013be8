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
    max_bars = 8
    drawdown_limit = 9
    cooldown_bars = 10
    rebalance_band = 11
    tick_size = 12
    lot_step = 13
    min_notional = 14
    flatten_at_end = 15
    optimistic = 16
    lowest = 17
    highest = 18
