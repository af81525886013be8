"""What must not be overlooked, at the top of the page: costs that were left out, ruin, a benchmark held up."""

from __future__ import annotations

from candlecloud.contract.results import RunResult
from candlecloud.metrics.annual import MIN_SPAN_MS
from candlecloud.pages.kit.formats import count, counted, day, exact, moment, money, percent
from candlecloud.pages.kit.markup import Markup, tag
from candlecloud.pages.kit.tables import note
from candlecloud.pages.tear_sheet.reading import CurveArrays
from candlecloud.pages.tear_sheet.subject import quote_of, run_length
from candlecloud.pages.tear_sheet.trades import told_counts


def draw_cautions(result: RunResult, curves: CurveArrays) -> list[Markup]:
    """The worst first; nothing where there is nothing to say."""
    found = (
        _ruin(result, curves),
        _held_up(result),
        _funding_ignored(result),
        _shorts_without_interest(result),
        _too_short(result),
        note("No trade was closed.") if result.metrics.n_trades == 0 else None,
        _open_position(result),
        _waiting(result),
    )
    return [caution for caution in found if caution is not None]


def benchmark_held_up(result: RunResult) -> bool:
    """Whether the benchmark's orders were cut short or refused, so that it was invested late, in part or never."""
    return bool(result.benchmark.capped_fills or any(result.benchmark.refused_counts.values()))


def _alert(strong: str, *words: object) -> Markup:
    return note(tag("strong", strong), *words, kind="alert")


def _ruin(result: RunResult, curves: CurveArrays) -> Markup | None:
    if not result.ruined:
        return None
    broke = (curves.equity <= 0.0).nonzero()[0]
    when = f" on {day(float(curves.close_time[broke[0]]))}" if len(broke) else ""
    return _alert("Ruined.", f" Equity reached zero or less{when}; nothing traded after it.")


def _held_up(result: RunResult) -> Markup | None:
    if not benchmark_held_up(result):
        return None
    capped, refused = result.benchmark.capped_fills, result.benchmark.refused_counts
    found = [
        f"{counted(capped, 'fill')} capped by the bar's volume" if capped else None,
        f"orders refused: {told_counts(refused)}" if refused else None,
    ]
    return _alert(
        "Buy and hold could not trade freely.",
        f" Under this run's rules it had {' and '.join(filter(None, found))}. It was not fully invested all the "
        "time, so its return is not the market's.",
    )


def _funding_ignored(result: RunResult) -> Markup | None:
    funding = result.config.funding
    if funding is None or funding.model != "ignored":
        return None
    return _alert(
        "Funding is ignored.",
        " The run was told to leave out what a perpetual's longs and shorts pay each other every few hours: neither "
        "the strategy nor buy and hold paid or received any.",
    )


def _shorts_without_interest(result: RunResult) -> Markup | None:
    """Of spot: a perpetual's shorts pay or receive funding, a dated future has its price for that."""
    if not result.config.series.symbol.is_spot:
        return None
    trades, held = result.trades, result.open_position
    shorts = sum(trade.direction == "short" for trade in trades)
    if not shorts and (held is None or held.direction != "short"):
        return None
    told = f"{count(shorts)} of {counted(len(trades), 'trade')}" if shorts else "The open position"
    verb = "was" if shorts < 2 else "were"
    return _alert(
        "Shorts paid no interest.",
        f" {told} {verb} short on a spot market, where what is sold must be borrowed first; this result charges "
        "nothing for that.",
    )


def _too_short(result: RunResult) -> Markup | None:
    if run_length(result) >= MIN_SPAN_MS:
        return None
    return note("Shorter than 30\u00a0days: no return, ratio or turnover is put per year.")


def _open_position(result: RunResult) -> Markup | None:
    held = result.open_position
    if held is None:
        return None
    return note(
        f"A {held.direction} position is still open since {moment(held.entry_time)}: worth ",
        exact(held.value, money(held.value)),
        f" {quote_of(result)}, its profit so far ",
        exact(held.pnl, money(held.pnl)),
        f" {quote_of(result)}, counted in the equity but in no trade.",
    )


def _waiting(result: RunResult) -> Markup | None:
    waiting = result.waiting_target
    if waiting is None:
        return None
    return note(
        "An order towards a target of ", exact(waiting, percent(waiting)), " still waited for a bar that trades."
    )
