# Written by `python -m infra.generate` from backtest/kernels/layout.py.

cdef enum:
    bar = 0
    phase = 1
    reason = 2
    width = 3
