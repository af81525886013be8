# Written by `python -m infra.generate` from backtest/kernels/layout.py.

cdef enum:
    cash = 0
    quantity = 1
    flat_cash = 2
    peak = 3
    last_peak = 4
    peak_time = 5
    width = 6
