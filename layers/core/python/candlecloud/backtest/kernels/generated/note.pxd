# Written by `python -m infra.generate` from backtest/kernels/layout.py.

cdef enum:
    size_zero = 0
    below_lot_step = 1
    below_min_notional = 2
    costs_reverse = 3
    expired = 4
    capped = 5
