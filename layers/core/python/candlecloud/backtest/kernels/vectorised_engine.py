"""The vectorised engine, for runs that are long with everything or flat: it works at fills only.

Bars are taken in tiles of 512 from the first bar of the run on. What all sets share is precomputed once per tile
(`tiles`); then each set finds the bars at which its signal changes (`signal_words`) and is carried from fill to fill.
Between tiles it waits in its row of statistics and `layout.SET`: memory grows with sets and with bars, never with both.

Fills are computed operation for operation as in `candlecloud.backtest.kernels.account`. Highest equity, drawdown and
time under water are exact: while a position is held equity rises with the close, so the extremes of closes are those
of equity, and bars are looked at one by one only where they could set a new mark. Sums over bars differ by rounding.

Exact ties. A row of averages holds ``sum / window`` of whole ticks, rounded once. Equal averages give equal floats. Two
that differ do so by at least ``1 / (fast * slow)``; rounding keeps their order and moves each by at most ``max_tick *
2**-53``, so they stay apart while ``max_tick * fast * slow < 2**52``; `fits_vectorised_engine`'s module sees to that.

Plain Python with its types in the .pxd; uncompiled it gives the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython  # type: ignore[import-untyped]
except ImportError:
    from candlecloud import cython_shim as cython

if not cython.compiled:
    from candlecloud.backtest.kernels.layout import COLUMN, SET, TERM
    from candlecloud.backtest.kernels.marks import (
        Marks,
        alarm_level,
        begin_marks,
        count_stretch,
        end_stretch,
        is_no_longest,
        mark_close,
        mark_drawdown,
        mark_level,
        mark_peak,
    )
    from candlecloud.backtest.kernels.signal_words import compare_averages, copy_words, find_fills
    from candlecloud.backtest.kernels.tiles import precompute_averages, precompute_extremes, precompute_fill_terms

if TYPE_CHECKING:
    from candlecloud.features.kernels.views import Doubles, Integers


def accumulate_sets(
    clock: Integers,
    opens: Doubles,
    closes: Doubles,
    sums: Doubles,
    trading: Integers,
    signals: Integers,
    fast: Integers,
    slow: Integers,
    windows: Integers,
    fee: float,
    slippage: float,
    initial_equity: float,
    start_bar: int,
    flatten: int,
    averages: Doubles,
    terms: Doubles,
    highs: Doubles,
    lows: Doubles,
    levels: Integers,
    words: Integers,
    starts: Integers,
    fills: Integers,
    held: Integers,
    last: Integers,
    sets: Doubles,
    rows: Doubles,
) -> None:
    """Fill one row of statistics per set.

    Parameters
    ----------
    clock : open and close of each bar, ms UTC, length 2 n
    sums : length n + 1
        Running sums of the closes in ticks, whole numbers below ``2**53``; read only with windows.
    trading, signals : a bit per bar from `start_bar` on, sets x words
        The bar trades; the target for its open, read only without windows.
    fast, slow, windows : length P, P, W
        Row of each set's averages (the first not longer), and bars of each row; none: the signals are given.
    flatten : 1 or 0
        Sell at the last close.
    levels : floor of the binary logarithm, length 513
    rows : P x COLUMN, zeros
        Written: the statistics. What stands between is room to work in.
    """
    n_bars, n_sets = len(closes), len(held)
    for p in range(n_sets):
        a, held[p] = p * SET.width, 0
        sets[a + SET.cash] = sets[a + SET.flat_cash] = sets[a + SET.peak] = initial_equity
        sets[a + SET.quantity], sets[a + SET.last_peak] = 0.0, start_bar - 1
        sets[a + SET.peak_time] = clock[2 * start_bar]
    for start in range(start_bar, n_bars, 512):
        bars = 512 if n_bars - start > 512 else n_bars - start
        walked = bars - 1 if flatten and start + bars == n_bars else bars
        word = (start - start_bar) // 64
        precompute_fill_terms(opens, closes, fee, slippage, start, walked, terms)
        precompute_extremes(closes, start, walked, highs, lows)
        precompute_averages(sums, windows, start, bars, averages)
        for p in range(0, n_sets, 64):
            block = 64 if n_sets - p > 64 else n_sets - p
            if len(windows) > 0:
                compare_averages(averages, fast, slow, p, block, words)
            else:
                copy_words(signals, (n_bars - start_bar + 63) // 64, word, p, block, words)
            find_fills(trading, word, bars, walked, p, block, words, held, last, starts, fills)
            _walk(
                clock, closes, start, walked, fee, terms, highs, lows, levels, p, block, starts, fills, held, sets, rows
            )
    for p in range(n_sets):
        if flatten:
            _end_flat(clock, opens, closes, fee, slippage, last[p], p, sets, rows)
        _finish(closes, sets, p * SET.width, rows, p * COLUMN.width)


def _read_marks(sets: Doubles, a: int, rows: Doubles, r: int) -> Marks:
    """The marks of a set; equity before is not among them."""
    marks = begin_marks(0, int(sets[a + SET.peak_time]), sets[a + SET.peak])
    marks.last_peak, marks.longest = int(sets[a + SET.last_peak]), int(rows[r + COLUMN.max_under_water_bars])
    marks.longest_time, marks.deepest = int(rows[r + COLUMN.max_under_water_ms]), rows[r + COLUMN.max_drawdown]
    marks.alarm = alarm_level(marks.peak, marks.deepest, 0.0)
    marks.returns, marks.squares = rows[r + COLUMN.sum_returns], rows[r + COLUMN.sum_squares]
    marks.negatives, marks.equities = rows[r + COLUMN.sum_negative_squares], rows[r + COLUMN.sum_equity]
    return marks


def _write_marks(marks: Marks, sets: Doubles, a: int, rows: Doubles, r: int) -> None:
    sets[a + SET.peak], sets[a + SET.last_peak], sets[a + SET.peak_time] = marks.peak, marks.last_peak, marks.peak_time
    rows[r + COLUMN.max_under_water_bars], rows[r + COLUMN.max_drawdown] = marks.longest, marks.deepest
    rows[r + COLUMN.max_under_water_ms] = marks.longest_time
    rows[r + COLUMN.sum_returns], rows[r + COLUMN.sum_squares] = marks.returns, marks.squares
    rows[r + COLUMN.sum_negative_squares], rows[r + COLUMN.sum_equity] = marks.negatives, marks.equities


def _walk(
    clock: Integers,
    closes: Doubles,
    start: int,
    walked: int,
    fee: float,
    terms: Doubles,
    highs: Doubles,
    lows: Doubles,
    levels: Integers,
    p: int,
    block: int,
    starts: Integers,
    fills: Integers,
    held: Integers,
    sets: Doubles,
    rows: Doubles,
) -> None:
    """Carry `block` sets from set `p` on through the first `walked` bars of a tile, from fill to fill."""
    for s in range(block):
        a, r = (p + s) * SET.width, (p + s) * COLUMN.width
        cash, quantity, flat_cash = sets[a + SET.cash], sets[a + SET.quantity], sets[a + SET.flat_cash]
        marks = _read_marks(sets, a, rows, r)
        fees, slippage, notional = rows[r + COLUMN.fees], rows[r + COLUMN.slippage], rows[r + COLUMN.notional]
        gained, lost, wins = rows[r + COLUMN.sum_profit], rows[r + COLUMN.sum_loss], rows[r + COLUMN.n_wins]
        in_position = rows[r + COLUMN.bars_in_position]
        here, end = 0, starts[s + 1]
        for k in range(starts[s], end + 1):
            stop = fills[k] if k < end else walked
            f = stop * TERM.width
            if quantity > 0.0:
                if stop > here:
                    in_position += stop - here
                    value = quantity * (terms[f + TERM.closes] - terms[here * TERM.width + TERM.closes])
                    marks.equities += cash * (stop - here) + value
                    marks = _mark_held(marks, clock, closes, highs, lows, levels, start, here, stop, cash, quantity)
                marks.returns += terms[f + TERM.sell_returns]
                marks.squares += terms[f + TERM.sell_squares]
                marks.negatives += terms[f + TERM.sell_negatives]
                if k < end:
                    amount = quantity * terms[f + TERM.sell_price]
                    paid = amount * fee
                    cash = cash + amount - paid
                    slippage += quantity * terms[f + TERM.sell_slippage]
                    fees, notional = fees + paid, notional + amount
                    profit = cash - flat_cash
                    wins += 1.0 if profit > 0.0 else 0.0
                    gained += profit if profit > 0.0 else 0.0
                    lost -= profit if profit < 0.0 else 0.0
                    flat_cash, quantity = cash, 0.0
            else:
                if stop > here:
                    marks = _mark_flat(marks, clock, start + here, start + stop - 1, cash)
                if k < end:
                    quantity = cash / terms[f + TERM.buy_cost]
                    amount = quantity * terms[f + TERM.buy_price]
                    paid = amount * fee
                    cash = cash - amount - paid
                    slippage += quantity * terms[f + TERM.buy_slippage]
                    fees, notional = fees + paid, notional + amount
                    marks.returns += terms[f + TERM.buy_returns]
                    marks.squares += terms[f + TERM.buy_squares]
                    marks.negatives += terms[f + TERM.buy_negatives]
            here = stop
        held[p + s] = 1 if quantity > 0.0 else 0
        sets[a + SET.cash], sets[a + SET.quantity], sets[a + SET.flat_cash] = cash, quantity, flat_cash
        _write_marks(marks, sets, a, rows, r)
        rows[r + COLUMN.fees], rows[r + COLUMN.slippage], rows[r + COLUMN.notional] = fees, slippage, notional
        rows[r + COLUMN.sum_profit], rows[r + COLUMN.sum_loss], rows[r + COLUMN.n_wins] = gained, lost, wins
        rows[r + COLUMN.bars_in_position] = in_position
        rows[r + COLUMN.n_fills] += end - starts[s]


def _mark_held(
    marks: Marks,
    clock: Integers,
    closes: Doubles,
    highs: Doubles,
    lows: Doubles,
    levels: Integers,
    start: int,
    here: int,
    stop: int,
    cash: float,
    quantity: float,
) -> Marks:
    """Peak and drawdown over bars `here` to `stop` of a tile in position, bar by bar only where it must be."""
    level, last = levels[stop - here] * 512, start + stop - 1
    right = level + stop - (1 << levels[stop - here])
    top = highs[level + here] if highs[level + here] > highs[right] else highs[right]
    bottom = lows[level + here] if lows[level + here] < lows[right] else lows[right]
    high, low = cash + quantity * top, cash + quantity * bottom
    if high < marks.peak:
        marks = mark_drawdown(marks, low)
    elif is_no_longest(marks, last, clock[2 * last + 1]) and low >= alarm_level(high, marks.deepest, 0.0):
        t = last
        while closes[t] != top:
            t -= 1
        marks = mark_peak(marks, t, clock[2 * t + 1], high)
    else:
        for t in range(start + here, start + stop):
            marks = mark_level(marks, t, clock[2 * t], clock[2 * t + 1], cash + quantity * closes[t])
    return count_stretch(marks, last, clock[2 * last + 1])


def _mark_flat(marks: Marks, clock: Integers, first: int, last: int, cash: float) -> Marks:
    """The same for bars `first` to `last` without a position, and the sum of equity."""
    marks.equities += cash * (last + 1 - first)
    if cash >= marks.peak:
        return mark_peak(end_stretch(marks, first, clock[2 * first]), last, clock[2 * last + 1], cash)
    return mark_drawdown(count_stretch(marks, last, clock[2 * last + 1]), cash)


def _end_flat(
    clock: Integers,
    opens: Doubles,
    closes: Doubles,
    fee: float,
    slippage: float,
    wanted: int,
    p: int,
    sets: Doubles,
    rows: Doubles,
) -> None:
    """Take the last bar of a run that ends flat: what is wanted at its open, then a sale at its close."""
    t, a, r = len(closes) - 1, p * SET.width, p * COLUMN.width
    cash, quantity = sets[a + SET.cash], sets[a + SET.quantity]
    marks = _read_marks(sets, a, rows, r)
    before = cash + quantity * closes[t - 1] if quantity > 0.0 else cash
    price = closes[t] if wanted > 0 else opens[t]
    if quantity == 0.0 and wanted > 0:
        moved = opens[t] * (1.0 + slippage)
        quantity = cash / (moved * (1.0 + fee))
        cash = cash - quantity * moved - quantity * moved * fee
        _count_fill(rows, r, quantity, opens[t], moved, fee)
    if quantity > 0.0:
        moved = price * (1.0 - slippage)
        cash = cash + quantity * moved - quantity * moved * fee
        _count_fill(rows, r, quantity, price, moved, fee)
        profit = cash - sets[a + SET.flat_cash]
        rows[r + COLUMN.sum_profit] += profit if profit > 0.0 else 0.0
        rows[r + COLUMN.sum_loss] -= profit if profit < 0.0 else 0.0
        rows[r + COLUMN.n_wins] += 1.0 if profit > 0.0 else 0.0
    sets[a + SET.cash], sets[a + SET.quantity] = cash, 0.0
    marks = mark_close(marks, t, clock[2 * t], clock[2 * t + 1], cash, cash / before - 1.0)
    _write_marks(count_stretch(marks, t, clock[2 * t + 1]), sets, a, rows, r)


def _count_fill(rows: Doubles, r: int, quantity: float, price: float, moved: float, fee: float) -> None:
    rows[r + COLUMN.fees] += quantity * moved * fee
    rows[r + COLUMN.slippage] += quantity * abs(moved - price)
    rows[r + COLUMN.notional] += quantity * moved
    rows[r + COLUMN.n_fills] += 1.0


def _finish(closes: Doubles, sets: Doubles, a: int, rows: Doubles, r: int) -> None:
    """Columns that are not written stay 0: funding, ambiguous exits, refusals and ruin cannot occur."""
    quantity, n_fills = sets[a + SET.quantity], rows[r + COLUMN.n_fills]
    rows[r + COLUMN.final_equity] = sets[a + SET.cash] + quantity * closes[len(closes) - 1]
    rows[r + COLUMN.n_trades] = (n_fills - 1.0) * 0.5 if quantity > 0.0 else n_fills * 0.5
