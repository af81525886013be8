# Written by `python -m infra.generate` from backtest/kernels/layout.py.

cdef enum:
    final_equity = 0
    n_trades = 1
    n_wins = 2
    sum_profit = 3
    sum_loss = 4
    fees = 5
    slippage = 6
    funding = 7
    notional = 8
    bars_in_position = 9
    sum_returns = 10
    sum_squares = 11
    sum_negative_squares = 12
    sum_equity = 13
    max_drawdown = 14
    max_under_water_bars = 15
    max_under_water_ms = 16
    ambiguous_exits = 17
    refused_orders = 18
    ruined = 19
    n_fills = 20
    capped_fills = 21
    width = 22
