cimport cython

@cython.locals(
    s=cython.longlong, f=cython.longlong, g=cython.longlong, k=cython.longlong, _=cython.longlong, w0=cython.ulonglong,
    w1=cython.ulonglong, w2=cython.ulonglong, w3=cython.ulonglong, w4=cython.ulonglong, w5=cython.ulonglong,
    w6=cython.ulonglong, w7=cython.ulonglong)
cpdef void compare_averages(
    const double[::1] averages, const long long[::1] fast, const long long[::1] slow, long long p, long long block,
    unsigned long long[::1] words) noexcept

@cython.locals(n=cython.longlong, s=cython.longlong, k=cython.longlong)
cpdef void copy_words(
    const unsigned long long[::1] signals, long long n_words, long long word, long long p, long long block,
    unsigned long long[::1] words) noexcept

@cython.locals(
    one=cython.ulonglong, ones=cython.ulonglong, count=cython.longlong, s=cython.longlong, before=cython.ulonglong,
    k=cython.longlong, wanted=cython.ulonglong, changes=cython.ulonglong, at=cython.longlong)
cpdef void find_fills(
    const unsigned long long[::1] trading, long long word, long long bars, long long walked, long long p,
    long long block, const unsigned long long[::1] words, const unsigned long long[::1] held, unsigned long long[::1] last,
    long long[::1] starts, long long[::1] fills) noexcept

@cython.locals(stuck=cython.ulonglong, shift=cython.longlong)
cdef unsigned long long _keep_where_stuck(
    unsigned long long wanted, unsigned long long trading, unsigned long long before) noexcept

@cython.locals(one=cython.ulonglong, top=cython.ulonglong)
cdef unsigned long long all_ones() noexcept

@cython.locals(ones=cython.ulonglong)
cdef unsigned long long _count_bits(unsigned long long x) noexcept

cdef unsigned long long _first_bit(unsigned long long x) noexcept
