# Written by `python -m infra.generate` from backtest/kernels/layout.py.

cdef enum:
    open = 0
    within = 1
    close = 2
