"""The bar engine: one parameter set, bar by bar, with every rule of `docs/backtest_semantics.md`.

`step` is a whole bar. Bars on which nothing can happen but the mark (most of them) go through
`FastAccount.skip_quiet_bars`, which stops at the first bar that might need more and leaves that one to `step`.
"""

from __future__ import annotations

from typing import Any

try:
    import cython  # type: ignore[import-untyped]
except ImportError:
    from candlecloud import cython_shim as cython

from candlecloud.backtest.kernels.quiet_bars import FastAccount

if not cython.compiled:
    from candlecloud.backtest.kernels.layout import NOTE, PHASE, REASON
    from candlecloud.backtest.kernels.marks import mark_close


def count_outside(values: Any, low: float, high: float) -> int:
    """How many values are not in [low, high]; what is not a number is not."""
    inside = 0
    for k in range(len(values)):
        inside += (values[k] >= low) & (values[k] <= high)
    return len(values) - inside


def decide(account: FastAccount, t: int) -> None:
    """A new target replaces what waits; an old one may have drifted out of its band."""
    blocked = t - 1 < account.resume
    wanted = 0.0 if blocked else min(max(account.target[t - 1], account.lowest), account.highest)
    size = account.size[(t - 1) * account.size_step]
    if wanted != account.asked:
        account.asked, account.weight, account.working = wanted, wanted * size, True
        account.why = REASON.drawdown_limit if blocked else REASON.target
        if wanted != 0.0 and account.weight == 0.0:
            account.note(NOTE.size_zero)
        elif account.entry_type != 0 and account.weight != 0.0:
            account.place_entry(account.close[t - 1])
    elif account.max_bars != 0 and account.held != 0.0 and t - account.entered >= account.max_bars:
        if not account.leaving():
            account.weight, account.working, account.why = 0.0, True, REASON.time
    elif account.band != 0.0 and not account.working and account.held != 0.0 and account.marks.before > 0.0:
        share = account.held * account.close[t - 1] / account.marks.before
        if abs(share - account.asked * size) > account.band:
            account.weight, account.working, account.why = account.asked * size, True, REASON.rebalance
            if account.weight == 0.0:
                account.note(NOTE.size_zero)
    elif account.working and account.weight != 0.0 and size == 0.0:  # what a cap left waiting
        account.weight = 0.0
        account.note(NOTE.size_zero)


def step(account: FastAccount, t: int) -> None:
    """A whole bar: its open, its inside, its close."""
    volume = account.volume[t]
    trades = volume != 0.0
    account.bar, account.bar_volume, account.traded = t, volume if volume == volume else 0.0, 0.0
    account.entered_inside = False
    if t > 0 and trades and not account.ruined:
        decide(account, t)
        if account.working:
            account.working = not account.work(account.open[t])
            if account.working and account.entry_type != 0 and account.held == 0.0 and account.weight != 0.0:
                account.work_entry(t)
        if (
            account.held != 0.0
            and not account.ruined
            and (account.has_stops or account.has_funding or account.held < 0.0)
        ):
            unfinished = account.inside(t, account.leaving())
            if unfinished != 0:
                account.weight, account.working, account.why = 0.0, True, unfinished
            account.working = account.working and account.held != 0.0
    price = account.close[t]
    if account.held != 0.0:
        settle(account, t, price, trades)
    equity = account.cash + account.held * price
    if equity <= 0.0:
        account.ruined = True
    mark(account, t, equity)
    limit_drawdown(account, t, equity)


def settle(account: FastAccount, t: int, price: float, trades: bool) -> None:
    """The close of a bar in position: funding, ruin, the end."""
    if account.has_funding and account.funding[t] != 0.0:
        paid = account.held * price * account.funding[t]
        account.cash -= paid
        account.funding_paid += paid
    if account.cash + account.held * price <= 0.0:
        account.close_out(PHASE.close, price, REASON.ruin, True)
    if account.flatten and t == account.n - 1 and account.held != 0.0 and trades:
        account.close_out(PHASE.close, price, REASON.end, True)


def limit_drawdown(account: FastAccount, t: int, equity: float) -> None:
    """Too deep below the highest close: flat and out of the market for a while, and a new highest close after."""
    if account.drawdown_limit == 0.0 or t < account.resume:
        return
    account.limit_peak = equity if account.paused or equity > account.limit_peak else account.limit_peak
    account.paused = equity < account.limit_peak * (1.0 - account.drawdown_limit)
    if account.paused:
        account.resume = t + account.cooldown_bars


def mark(account: FastAccount, t: int, equity: float) -> None:
    """Count the close."""
    change = equity / account.marks.before - 1.0 if account.marks.before > 0.0 else 0.0
    account.marks = mark_close(account.marks, t, account.opened[t], account.closed[t], equity, change)
    if account.held != 0.0:
        account.bars_in_position += 1
    if account.recording:
        account.equity[t - account.start_bar] = equity


def run_bars(
    opened: Any,
    closed: Any,
    open_: Any,
    high: Any,
    low: Any,
    close: Any,
    volume: Any,
    target: Any,
    size: Any,
    funding: Any,
    intrabar_start: Any,
    intrabar_high: Any,
    intrabar_low: Any,
    atr: Any,
    rules: Any,
    start_bar: int,
    initial_equity: float,
    row: Any,
    final_state: Any,
    recording: bool,
    equity: Any,
    fill_codes: Any,
    fill_numbers: Any,
    profits: Any,
    notes: Any,
) -> None:
    """Trade one target and fill in its row of statistics.

    Parameters
    ----------
    opened, closed : int64, length n
        ms UTC of each bar's open and close.
    open_, high, low, close, volume, target : float64, length n
        Prices in quote currency, base volume (NaN: unknown, it trades), and the wanted position in [-1, 1].
    size : float64, length n or 1
        The sizing model's fraction at each close, or one for all.
    funding : float64, length n or 0
        Rate due by each bar's end, paid by longs.
    intrabar_start, intrabar_high, intrabar_low : int64 of length n + 1 or 0, float64
        Bar t holds the finer bars ``intrabar_start[t]`` to ``intrabar_start[t + 1] - 1``.
    atr : float64, length n or 0
        Average true range at each close; ATR stops are multiples of it.
    rules, row, final_state : float64
        By `layout.RULE`; written: `layout.COLUMN` and `layout.FINAL`.
    recording : bool
        Whether to write what follows; the sizes are in a row that was made before.
    equity : float64, length n - start_bar
    fill_codes, fill_numbers : int64 and float64, one row per fill
        By `layout.CODE` and `layout.NUMBER`.
    profits : float64, length n_trades
    notes : int64, notes x 2
        Bar, `layout.NOTE`.
    """
    account = FastAccount()
    account.opened, account.closed = opened, closed
    account.open, account.high, account.low, account.close = open_, high, low, close
    account.volume, account.target, account.size, account.funding = volume, target, size, funding
    account.intrabar_start, account.intrabar_high, account.intrabar_low = intrabar_start, intrabar_high, intrabar_low
    account.atr, account.has_atr = atr, len(atr) > 0
    account.n, account.start_bar, account.recording = len(close), start_bar, recording
    account.equity, account.fill_codes, account.fill_numbers = equity, fill_codes, fill_numbers
    account.profits, account.notes = profits, notes
    account.size_step = 1 if len(size) > 1 else 0
    account.has_funding, account.has_intrabar = len(funding) > 0, len(intrabar_start) > 0
    account.begin(rules, initial_equity)
    t = start_bar
    while t < account.n:
        step(account, t)
        t = account.skip_quiet_bars(t + 1)
    account.finish(row, final_state)
