"""What the side-by-side runs of every strategy found, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.tables import figure, table

if TYPE_CHECKING:
    from benchmarks.strategies import Measured

OWN = {
    "dual_sma": "exact ties of two averages, which its running float sums read as above or below",
    "ema_cross": "its averages begin with the first close, ours with the mean of the first window",
    "rsi_reversion": "its Wilder averages begin with the first change, ours with the mean of the first window",
    "donchian_breakout": "",
    "bollinger_reversion": "its running float sums of squares round, and a close at a band is on the other side",
    "macd": "its averages begin with the first close, ours with the mean of the first window",
    "zscore_reversion": "its running float sums of squares round, and a close at a bound is on the other side",
    "time_series_momentum": "",
    "volatility_breakout": "its ranges begin with the first bar, ours with the mean of the first window",
    "rules": "its averages begin with the first close, ours with the mean of the first window",
}
"""Strategy to why vectorbt's own indicators may give other trades."""
_STOPPED = "after a stop it enters again at the next close that says so (ours waits for another target), and it looks "
_STOPPED += "for no stop in the bar of the entry"


def render(title: str, found: Sequence[Measured]) -> str:
    """Times and ratios, agreement, where a bar's time goes."""
    return "\n\n".join((f"### Strategies on {title}", _times(found), _agreement(found), _stages(found)))


def _times(found: Sequence[Measured]) -> str:
    head = (
        "strategy",
        "grid",
        "sets",
        "trades per set",
        "test off",
        "test on",
        "vectorbt",
        "vectorbt / test off",
        "vectorbt / test on",
        "aims",
        "met",
    )
    rows = []
    for each in found:
        case, peer = each.case, each.peers[each.faster]
        met = each.off <= case.at_most, peer / each.off >= case.faster
        rows.append(
            (
                case.name,
                case.shown,
                f"{each.sets:,}",
                figure(each.trades),
                figure(each.off),
                figure(each.on),
                f"{figure(peer)} ({each.faster})",
                f"**{peer / each.off:,.0f} x**",
                f"{peer / each.on:,.0f} x",
                f"{case.at_most:.0f} ns, {case.faster:.0f} x",
                "both" if all(met) else "ns only" if met[0] else "ratio only" if met[1] else "neither",
            )
        )
    return (
        "CPU nanoseconds per bar and set, one thread, in rounds A B A B; from the table of candles in memory to "
        "Parquet bytes ready to store, look-ahead test off and on, beside vectorbt's faster backend from arrays to "
        f"five numbers. vectorbt trades {found[0].peer_sets} sets of each grid, evenly spread, and computes the "
        "indicators of the whole grid: beside them its time per set hardly depends on the number of sets. Both begin "
        "with the first bar after the longest warm-up.\n\n" + table(head, rows)
    )


def _agreement(found: Sequence[Measured]) -> str:
    rows = []
    for each in found:
        worst = [f"{each.given.worst[column]:.1e}" for column in ("total_return", "sharpe", "max_drawdown")]
        stopped = each.case.stop_loss is not None
        reasons = [reason for reason in (OWN[each.case.strategy], _STOPPED if stopped else "") if reason]
        alike = f"{each.own} of {each.peer_sets}"
        rows.append(
            (
                each.case.name,
                f"{each.given.equal} of {each.given.sets}",
                *worst,
                alike,
                "; ".join(reasons) if each.own < each.peer_sets else "",
                f"{each.indicators[each.faster] * 100:.1f} %",
            )
        )
    head = (
        "strategy",
        "given our positions, equal",
        "return differs by",
        "Sharpe",
        "drawdown",
        "by its own indicators, equal",
        "why not all",
        "indicators' part of vectorbt's time",
    )
    return (
        "Agreement, or this table is not printed: vectorbt, given the positions that we want at each open, has the "
        "same trades and win rate of every set, and the other numbers within 1e-9 (three rows per bar: exits at the "
        "open, entries at the open, the inside with its stops). By its own indicators, as it is timed, so many sets "
        "have our number of trades and our return:\n\n" + table(head, rows)
    )


def _stages(found: Sequence[Measured]) -> str:
    staged = [each for each in found if each.stages]
    if not staged:
        return ""
    names = list(staged[0].stages)
    rows = [(each.case.name, *(figure(each.stages[name], 2) for name in names)) for each in staged]
    return (
        "Where a bar's time goes, nanoseconds per bar and set, test off. Indicators: every row of values; comparisons: "
        "words of 64 bars, and which positions they hold (for dual_sma, long only, the engine does both); engine: "
        "fills and statistics; rows: figures from statistics; rest: buy and hold, Parquet, the grid.\n\n"
        + table(("strategy", *names), rows)
    )
