cimport cython

cimport candlecloud.backtest.kernels.generated.code as CODE
cimport candlecloud.backtest.kernels.generated.column as COLUMN
cimport candlecloud.backtest.kernels.generated.final as FINAL
cimport candlecloud.backtest.kernels.generated.note as NOTE
cimport candlecloud.backtest.kernels.generated.number as NUMBER
cimport candlecloud.backtest.kernels.generated.phase as PHASE
cimport candlecloud.backtest.kernels.generated.reason as REASON
cimport candlecloud.backtest.kernels.generated.rule as RULE
from candlecloud.backtest.kernels.generated.marks cimport Marks, begin_marks, count_stretch

cdef double _DUST, _ENDLESS


cdef class Account:
    # Market and wishes, one entry per bar.
    cdef const long long[::1] opened
    cdef const long long[::1] closed
    cdef const double[::1] open
    cdef const double[::1] high
    cdef const double[::1] low
    cdef const double[::1] close
    cdef const double[::1] volume
    cdef const double[::1] target
    cdef const double[::1] size
    cdef const double[::1] funding
    cdef const long long[::1] intrabar_start
    cdef const double[::1] atr
    cdef const double[::1] intrabar_high
    cdef const double[::1] intrabar_low
    cdef long long n
    cdef long long start_bar
    cdef long long size_step
    # Rules; 0 is off.
    cdef double taker_fee, maker_fee, slippage_rate, impact, participation
    cdef double stop_loss, take_profit, trailing_stop, drawdown_limit
    cdef double stop_loss_atr, take_profit_atr, trailing_stop_atr
    cdef long long cooldown_bars, max_bars
    cdef double lowest, highest
    cdef double band, tick, lot, min_notional
    cdef long long entry_type, entry_expires
    cdef double entry_offset, entry_through
    cdef bint flatten, optimistic, has_stops, has_funding, has_intrabar, has_atr
    cdef bint has_stop_loss, has_take_profit, has_trailing_stop
    # The account.
    cdef double cash, held, entry, best, entry_atr, largest, flat_cash
    cdef double asked, weight, limit_peak
    cdef long long why, resume
    cdef bint working, paused, ruined, entered_inside
    cdef double entry_level
    cdef long long entry_bars
    cdef long long bar, entered
    cdef double bar_volume, traded
    # What is counted.
    cdef long long n_fills, n_trades, n_wins, n_refused, n_capped, ambiguous, bars_in_position
    cdef double fees, slippage, notional, sum_profit, sum_loss, funding_paid
    cdef Marks marks
    # What is recorded.
    cdef bint recording
    cdef double[::1] equity
    cdef long long[:, ::1] fill_codes
    cdef double[:, ::1] fill_numbers
    cdef double[::1] profits
    cdef long long[:, ::1] notes

    cdef int begin(self, const double[::1] rules, double initial_equity) except -1

    @cython.locals(marks=Marks)
    cdef int finish(self, double[::1] row, double[::1] final_state) except -1

    @cython.locals(change=double, size=double, fee=double, slippage=double, before=double, k=cython.longlong)
    cdef void fill(self, long long phase, double after, double price, double moved, double rate, long long reason) noexcept

    @cython.locals(profit=double)
    cdef void end_trade(self) noexcept

    @cython.locals(k=cython.longlong)
    cdef void note(self, long long code) noexcept

    @cython.locals(rate=double, share=double)
    cdef double moved(self, double price, bint buys, double size) noexcept

    cdef double on_tick(self, double price, bint buys) noexcept

    cdef double in_lots(self, double quantity) noexcept

    @cython.locals(lots=double, whole=double, rest=double)
    cdef double rounded(self, double quantity) noexcept

    cdef double room(self) noexcept

    @cython.locals(quantity=double, buys=bint, room=double, after=double)
    cdef bint close_out(self, long long phase, double price, long long reason, bint whole) noexcept

    cdef bint leaving(self) noexcept

    @cython.locals(rate=double, quantity=double)
    cdef double solve(self, double weight, double moved, bint buys, double fee) noexcept

    @cython.locals(weight=double)
    cdef bint work(self, double price) noexcept

    @cython.locals(fee=double, value=double, wanted=double, buys=bint, sign=double, moved=double, after=double, room=double)
    cdef bint move_to(self, long long phase, double price, double weight, bint maker, double limit) noexcept

    @cython.locals(quantity=double, refusal=cython.longlong, capped=bint, reason=cython.longlong)
    cdef bint trade_whole_lots(self, long long phase, double after, double price, double moved, double fee, double sign, double room) noexcept

    cdef long long too_small(self, double quantity, double moved) noexcept
