cimport cython

cimport candlecloud.backtest.kernels.generated.term as TERM

@cython.locals(
    buyer=double, seller=double, returns=double, squares=double, negatives=double, value=double, j=cython.longlong,
    t=cython.longlong, f=cython.longlong, price=double, close=double, moved=double, step=double, gain=double,
    loss=double, cost=double)
cpdef void precompute_fill_terms(
    const double[::1] opens, const double[::1] closes, double fee, double slippage, long long start, long long bars,
    double[::1] terms) noexcept

@cython.locals(j=cython.longlong, half=cython.longlong, base=cython.longlong, a=double, b=double)
cpdef void precompute_extremes(
    const double[::1] closes, long long start, long long bars, double[::1] highs, double[::1] lows) noexcept

@cython.locals(
    w=cython.longlong, window=cython.longlong, lane=cython.longlong, place=cython.longlong, first=cython.longlong,
    stop=cython.longlong, t=cython.longlong, u=cython.longlong)
cpdef void precompute_averages(
    const double[::1] sums, const long long[::1] windows, long long start, long long bars, double[::1] averages) noexcept
