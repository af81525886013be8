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
    drawdown_limit = 8
    cooldown_bars = 9
    rebalance_band = 10
    tick_size = 11
    lot_step = 12
    min_notional = 13
    flatten_at_end = 14
    optimistic = 15
    lowest = 16
    highest = 17
