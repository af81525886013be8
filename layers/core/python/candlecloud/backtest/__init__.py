"""Target positions in, orders, fills, trades and equity out. `docs/backtest_semantics.md` is the specification."""
