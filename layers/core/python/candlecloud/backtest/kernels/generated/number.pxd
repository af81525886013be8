# Written by `python -m infra.generate` from backtest/kernels/layout.py.

cdef enum:
    change = 0
    held = 1
    price = 2
    fee = 3
    slippage = 4
    width = 5
