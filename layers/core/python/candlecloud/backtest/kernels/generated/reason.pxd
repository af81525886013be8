# Written by `python -m infra.generate` from backtest/kernels/layout.py.

cdef enum:
    target = 0
    reversal = 1
    end = 2
    ruin = 3
    stop_loss = 4
    take_profit = 5
    trailing_stop = 6
    drawdown_limit = 7
    rebalance = 8
    time = 9
