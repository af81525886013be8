cimport cython

@cython.locals(
    n_words=cython.longlong, start=cython.longlong, stop=cython.longlong, p=cython.longlong, k=cython.longlong,
    a=cython.longlong, b=cython.longlong, count=cython.longlong)
cpdef void compare(
    const double[::1] lefts, const long long[::1] left, const double[::1] rights, const long long[::1] right,
    long long equal, long long first, long long bars, const unsigned long long[::1] bits,
    unsigned long long[::1] words) noexcept

@cython.locals(
    n_words=cython.longlong, start=cython.longlong, stop=cython.longlong, p=cython.longlong, k=cython.longlong,
    a=cython.longlong, count=cython.longlong)
cpdef void compare_constants(
    const double[::1] lefts, const long long[::1] left, const double[::1] constants, long long kind, long long first,
    long long bars, const unsigned long long[::1] bits, unsigned long long[::1] words) noexcept

@cython.locals(word=cython.ulonglong, j=cython.longlong)
cdef inline unsigned long long _above(
    const double[::1] lefts, long long a, const double[::1] rights, long long b,
    const unsigned long long[::1] bits) noexcept

@cython.locals(word=cython.ulonglong, j=cython.longlong)
cdef inline unsigned long long _not_below(
    const double[::1] lefts, long long a, const double[::1] rights, long long b,
    const unsigned long long[::1] bits) noexcept

@cython.locals(word=cython.ulonglong, j=cython.longlong)
cdef inline unsigned long long _equals(
    const double[::1] lefts, long long a, const double[::1] rights, long long b,
    const unsigned long long[::1] bits) noexcept

@cython.locals(word=cython.ulonglong, j=cython.longlong, x=double, y=double)
cdef unsigned long long _some(
    const double[::1] lefts, long long a, const double[::1] rights, long long b, long long equal, long long count,
    const unsigned long long[::1] bits) noexcept

@cython.locals(word=cython.ulonglong, j=cython.longlong)
cdef inline unsigned long long _against(
    const double[::1] lefts, long long a, double y, long long kind, const unsigned long long[::1] bits) noexcept

@cython.locals(word=cython.ulonglong, j=cython.longlong, x=double)
cdef unsigned long long _some_against(
    const double[::1] lefts, long long a, double y, long long kind, long long count,
    const unsigned long long[::1] bits) noexcept

@cython.locals(
    before_long=cython.ulonglong, before_short=cython.ulonglong, k=cython.longlong, up=cython.ulonglong,
    down=cython.ulonglong, begun=cython.ulonglong, kept=cython.ulonglong, total=cython.ulonglong,
    carried=cython.ulonglong)
cpdef void hold(
    const unsigned long long[::1] long_entry, const unsigned long long[::1] long_exit,
    const unsigned long long[::1] short_entry, const unsigned long long[::1] short_exit, long long n_words,
    unsigned long long ones, unsigned long long[::1] long, unsigned long long[::1] short) noexcept

@cython.locals(
    whole=cython.longlong, k=cython.longlong, j=cython.longlong, t=cython.longlong, longs=cython.ulonglong,
    shorts=cython.ulonglong)
cpdef void spread(
    const unsigned long long[::1] long, const unsigned long long[::1] short, long long first, long long bars,
    double up, double down, const unsigned long long[::1] bits, double[::1] target) noexcept
