"""The event form of the fast engine, for runs that are long with everything or flat: it works at fills only.

Bars are taken in tiles of 512, counted from the first bar of the run. What all parameter sets share is laid out once
per tile (`tiles`); then each set makes its signal bits and finds the bars at which they change (`signal_words`), and
its account is carried from fill to fill. Accounts wait between tiles: memory grows with sets and with bars, never with
both.

Fills are computed operation for operation as in `candlecloud.backtest.kernels.account`. Highest equity, drawdown and
bars under water are exact: while a position is held equity rises with the close, so the extremes of closes are those
of equity, and bars are looked at one by one only where they could set a new mark. Sums over bars differ by rounding.

Exact ties. A row of averages holds ``sum / window`` of whole ticks, rounded once. Equal averages give equal floats. Two
that differ do so by at least ``1 / (fast * slow)``; rounding keeps their order and moves each by at most ``max_tick *
2**-53``, so they stay apart while ``max_tick * fast * slow < 2**52``. `candlecloud.backtest.sweep_form` sees to that.

An account is 20 numbers: 0 cash, 1 quantity, 2 cash when last flat, 3 highest equity, 4 smallest equity over highest
equity, 5 returns, 6 squares, 7 squares of negative returns, 8 equity, 9 fees, 10 slippage, 11 notional, 12 profits,
13 losses, 14 bars under water up to now, 15 most of them, 16 fills, 17 wins, 18 bars in position.

Plain Python with its types in the .pxd; uncompiled, on memory views, it gives the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

try:
    import cython  # type: ignore[import-untyped]
except ImportError:
    from candlecloud import interpreted as cython

if not cython.compiled:
    from candlecloud.backtest.kernels.signal_words import compare_averages, copy_words, find_fills
    from candlecloud.backtest.kernels.tiles import lay_averages, lay_extremes, lay_facts

if TYPE_CHECKING:
    from candlecloud.features.kernels.views import Doubles, Integers


def tally_sets(
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
    first: int,
    flatten: int,
    rows: Doubles,
    facts: Doubles,
    highs: Doubles,
    lows: Doubles,
    levels: Integers,
    words: Integers,
    starts: Integers,
    fills: Integers,
    held: Integers,
    last: Integers,
    accounts: Doubles,
    tallies: Doubles,
    width: int,
) -> None:
    """Fill one row of tallies per set.

    Parameters
    ----------
    opens, closes : length n
    sums : length n + 1
        Running sums of the closes in ticks, whole numbers below ``2**53``; read only with windows.
    trading : one bit per bar from `first` on
        The bar trades.
    signals : sets x words of 64 bits
        Target for the open of each bar from `first` on; read only without windows.
    fast, slow : length P
        Row of each set's averages; windows of the first must not be longer.
    windows : length W
        Bars of each row; none: the signals are given.
    fee, slippage : float
        Fractions.
    flatten : 1 or 0
        Sell at the last close.
    rows, facts, highs, lows, words, starts, fills : W x 512, 513 x 16, 10 x 512 twice, 64 x 8, 65, 64 x 512 + 2
        Room to work in.
    levels : length 513
        Floor of the binary logarithm.
    held, last, accounts : P, P, P x 20
        Room to work in.
    tallies : P x width
        Columns of `candlecloud.metrics.tallies`.
    """
    n_bars, n_sets = len(closes), len(held)
    n_words = (n_bars - first + 63) // 64
    for p in range(n_sets):
        _open_account(initial_equity, accounts, p * 20)
        held[p] = 0
    for start in range(first, n_bars, 512):
        bars = 512 if n_bars - start > 512 else n_bars - start
        walked = bars - 1 if flatten and start + bars == n_bars else bars
        word = (start - first) // 64
        lay_facts(opens, closes, fee, slippage, start, walked, facts)
        lay_extremes(closes, start, walked, highs, lows)
        lay_averages(sums, windows, start, bars, rows)
        for p in range(0, n_sets, 64):
            block = 64 if n_sets - p > 64 else n_sets - p
            if len(windows) > 0:
                compare_averages(rows, fast, slow, p, block, words)
            else:
                copy_words(signals, n_words, word, p, block, words)
            find_fills(trading, word, bars, walked, p, block, words, held, last, starts, fills)
            _walk(closes, start, walked, fee, facts, highs, lows, levels, p, block, starts, fills, held, accounts)
    for p in range(n_sets):
        if flatten:
            _end_flat(opens, closes, fee, slippage, last[p], accounts, p * 20)
        _write_tallies(closes, accounts, p * 20, tallies, p * width)


def _open_account(initial_equity: float, accounts: Doubles, a: int) -> None:
    for k in range(20):
        accounts[a + k] = 0.0
    accounts[a] = accounts[a + 2] = accounts[a + 3] = initial_equity
    accounts[a + 4] = 1.0


def _walk(  # noqa: C901 - one loop on purpose: a call per fill would cost more than the fill
    closes: Doubles,
    start: int,
    walked: int,
    fee: float,
    facts: Doubles,
    highs: Doubles,
    lows: Doubles,
    levels: Integers,
    p: int,
    block: int,
    starts: Integers,
    fills: Integers,
    held: Integers,
    accounts: Doubles,
) -> None:
    """Carry the accounts of `block` sets through the first `walked` bars of a tile, stretch by stretch.

    Equity over its highest is compared by a product a little too large first, so that few divisions are left.
    """
    for s in range(block):
        a = (p + s) * 20
        cash, quantity, flat_cash = accounts[a], accounts[a + 1], accounts[a + 2]
        peak, worst = accounts[a + 3], accounts[a + 4]
        returns, squares, negatives, value = accounts[a + 5], accounts[a + 6], accounts[a + 7], accounts[a + 8]
        fees, slippage, notional = accounts[a + 9], accounts[a + 10], accounts[a + 11]
        gained, lost, wins = accounts[a + 12], accounts[a + 13], accounts[a + 17]
        under, longest, in_position = accounts[a + 14], accounts[a + 15], accounts[a + 18]
        here, end = 0, starts[s + 1]
        for k in range(starts[s], end + 1):
            stop = fills[k] if k < end else walked
            bars = stop - here
            f = stop * 16
            if quantity > 0.0:
                if bars > 0:
                    level = levels[bars] * 512
                    right = level + stop - (1 << levels[bars])
                    top = highs[level + here] if highs[level + here] > highs[right] else highs[right]
                    bottom = lows[level + here] if lows[level + here] < lows[right] else lows[right]
                    high, low = cash + quantity * top, cash + quantity * bottom
                    value += cash * bars + quantity * (facts[f + 14] - facts[here * 16 + 14])
                    in_position += bars
                    if high < peak:
                        under += bars
                        if low < peak * worst * 1.000000000000001:
                            worst = low / peak if low / peak < worst else worst
                    elif under + bars <= longest and low >= high * worst * 1.000000000000001:
                        peak, under = high, 0.0
                        j = start + stop - 1
                        while closes[j] != top:
                            under += 1.0
                            j -= 1
                    else:
                        for j in range(start + here, start + stop):
                            equity = cash + quantity * closes[j]
                            if equity >= peak:
                                longest = under if under > longest else longest
                                peak, under = equity, 0.0
                            else:
                                under += 1.0
                                if equity < peak * worst * 1.000000000000001:
                                    worst = equity / peak if equity / peak < worst else worst
                    longest = under if under > longest else longest
                returns += facts[f + 11]
                squares += facts[f + 12]
                negatives += facts[f + 13]
                if k < end:
                    amount = quantity * facts[f + 8]
                    paid = amount * fee
                    cash = cash + amount - paid
                    fees += paid
                    notional += amount
                    slippage += quantity * facts[f + 10]
                    profit = cash - flat_cash
                    wins += 1.0 if profit > 0.0 else 0.0
                    gained += profit if profit > 0.0 else 0.0
                    lost -= profit if profit < 0.0 else 0.0
                    flat_cash, quantity = cash, 0.0
            else:
                if bars > 0:
                    value += cash * bars
                    if cash >= peak:
                        peak, under = cash, 0.0
                    else:
                        under += bars
                        longest = under if under > longest else longest
                        if cash < peak * worst * 1.000000000000001:
                            worst = cash / peak if cash / peak < worst else worst
                if k < end:
                    quantity = cash / facts[f + 1]
                    amount = quantity * facts[f]
                    paid = amount * fee
                    cash = cash - amount - paid
                    fees += paid
                    notional += amount
                    slippage += quantity * facts[f + 2]
                    returns += facts[f + 3]
                    squares += facts[f + 4]
                    negatives += facts[f + 5]
            here = stop
        held[p + s] = 1 if quantity > 0.0 else 0
        accounts[a], accounts[a + 1], accounts[a + 2] = cash, quantity, flat_cash
        accounts[a + 3], accounts[a + 4] = peak, worst
        accounts[a + 5], accounts[a + 6], accounts[a + 7], accounts[a + 8] = returns, squares, negatives, value
        accounts[a + 9], accounts[a + 10], accounts[a + 11] = fees, slippage, notional
        accounts[a + 12], accounts[a + 13], accounts[a + 17] = gained, lost, wins
        accounts[a + 14], accounts[a + 15], accounts[a + 18] = under, longest, in_position
        accounts[a + 16] += end - starts[s]


def _end_flat(
    opens: Doubles, closes: Doubles, fee: float, slippage: float, wanted: int, accounts: Doubles, a: int
) -> None:
    """Take the last bar of a run that ends flat: what is wanted at its open, then a sale at its close."""
    t = len(closes) - 1
    cash, quantity = accounts[a], accounts[a + 1]
    before = cash + quantity * closes[t - 1] if quantity > 0.0 else cash
    price = closes[t] if wanted > 0 else opens[t]
    if quantity == 0.0 and wanted > 0:
        moved = opens[t] * (1.0 + slippage)
        quantity = cash / (moved * (1.0 + fee))
        cash = cash - quantity * moved - quantity * moved * fee
        _count_fill(accounts, a, quantity, opens[t], moved, fee)
    if quantity > 0.0:
        moved = price * (1.0 - slippage)
        cash = cash + quantity * moved - quantity * moved * fee
        _count_fill(accounts, a, quantity, price, moved, fee)
        profit = cash - accounts[a + 2]
        accounts[a + 12] += profit if profit > 0.0 else 0.0
        accounts[a + 13] -= profit if profit < 0.0 else 0.0
        accounts[a + 17] += 1.0 if profit > 0.0 else 0.0
    change = cash / before - 1.0
    accounts[a], accounts[a + 1] = cash, 0.0
    accounts[a + 5] += change
    accounts[a + 6] += change * change
    accounts[a + 7] += change * change if change < 0.0 else 0.0
    accounts[a + 8] += cash
    if cash < accounts[a + 3]:
        ratio = cash / accounts[a + 3]
        accounts[a + 4] = ratio if ratio < accounts[a + 4] else accounts[a + 4]
        accounts[a + 14] += 1.0
        accounts[a + 15] = accounts[a + 14] if accounts[a + 14] > accounts[a + 15] else accounts[a + 15]


def _count_fill(accounts: Doubles, a: int, quantity: float, price: float, moved: float, fee: float) -> None:
    accounts[a + 9] += quantity * moved * fee
    accounts[a + 10] += quantity * abs(moved - price)
    accounts[a + 11] += quantity * moved
    accounts[a + 16] += 1.0


def _write_tallies(closes: Doubles, accounts: Doubles, a: int, tallies: Doubles, k: int) -> None:
    """Columns that are not written here stay 0: funding, ambiguous exits, refusals and ruin cannot occur."""
    quantity, n_fills = accounts[a + 1], accounts[a + 16]
    tallies[k] = accounts[a] + quantity * closes[len(closes) - 1]
    tallies[k + 1] = (n_fills - 1.0) * 0.5 if quantity > 0.0 else n_fills * 0.5
    tallies[k + 2] = accounts[a + 17]
    tallies[k + 3], tallies[k + 4] = accounts[a + 12], accounts[a + 13]
    tallies[k + 5], tallies[k + 6], tallies[k + 8] = accounts[a + 9], accounts[a + 10], accounts[a + 11]
    tallies[k + 9] = accounts[a + 18]
    tallies[k + 10], tallies[k + 11], tallies[k + 12] = accounts[a + 5], accounts[a + 6], accounts[a + 7]
    tallies[k + 13] = accounts[a + 8]
    tallies[k + 14] = 1.0 - accounts[a + 4]
    tallies[k + 15] = accounts[a + 15]
    tallies[k + 19] = n_fills
