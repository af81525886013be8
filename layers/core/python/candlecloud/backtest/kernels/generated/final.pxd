# Written by `python -m infra.generate` from backtest/kernels/layout.py.

cdef enum:
    cash = 0
    held = 1
    asked = 2
    weight = 3
    resume = 4
    working = 5
    width = 6
