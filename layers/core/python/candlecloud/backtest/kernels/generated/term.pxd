# Written by `python -m infra.generate` from backtest/kernels/layout.py.

cdef enum:
    buy_price = 0
    buy_cost = 1
    buy_slippage = 2
    buy_returns = 3
    buy_squares = 4
    buy_negatives = 5
    sell_price = 6
    sell_slippage = 7
    sell_returns = 8
    sell_squares = 9
    sell_negatives = 10
    closes = 11
    width = 12
