"""Holes: candles that did not come. Either they come when asked for narrowly, or their absence is corroborated.

A candle is proven absent only by an answer of its own that has candles before and after the hole, has nothing in it,
and is clean in between; together with the answer in which the hole was first seen, two agree. Before the listing
and beyond the history cap there are no neighbours; those have proofs of their own. Anything else stays an open gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from candlecloud.errors import ExchangeError
from candlecloud.exchange.answers import Answer
from candlecloud.exchange.asking import Asking
from candlecloud.exchange.coverage import Coverage
from candlecloud.market.candle import Candle
from candlecloud.market.ranges import IntervalSet, TimeRange

# Candles asked for on each side of a hole, try by try. The shape changes, so that what the venue does to one row of
# every answer does not hit the same row each time.
_MARGINS = (1, 10, 100)
_EVIDENCE_ASKS = 6


class Walking(Protocol):
    """What a proof needs of the walk that it is part of."""

    talk: Asking
    coverage: Coverage

    def accept(self, answer: Answer, got: list[Candle]) -> None:
        """Hand candles over."""

    def listing(self) -> int | None:
        """Open time of the first candle ever, if that is known."""


def prove_holes(walk: Walking, span: TimeRange) -> None:
    """Settle every undecided interval of a span that has been walked."""
    holes = walk.coverage.missing(span)
    if holes and next(iter(holes)).start == span.start:
        _settle_before_listing(walk, next(iter(holes)))
        holes = walk.coverage.missing(span)
    for group in _groups(holes, walk):
        try:
            _prove_group(walk, group)
        except ExchangeError as error:
            for hole in group:
                walk.coverage.mark_failed(hole, error.code, error.message)


def _groups(holes: IntervalSet, walk: Walking) -> Iterator[IntervalSet]:
    """Neighbouring holes that fit into one answer together."""
    most = (walk.talk.profile.page_span - 2 * _MARGINS[0]) * walk.talk.step
    group: list[TimeRange] = []
    for hole in holes:
        if group and hole.end - group[0].start > most:
            yield IntervalSet(group)
            group = []
        group.append(hole)
    if group:
        yield IntervalSet(group)


def _prove_group(walk: Walking, holes: IntervalSet) -> None:
    tries = 0
    bad_seen = False
    while holes and tries < len(_MARGINS):
        span = _span(holes)
        answer = walk.talk.ask(_around(walk, span, tries))
        got = [row for hole in holes for row in answer.within(hole)]
        # An answer that does not fit what is known proves nothing, neither what it holds nor what it lacks.
        fits = bool(answer.good) and walk.talk.fits(answer)
        if got and fits:
            walk.accept(answer, got)
        else:
            tries += 1
        for hole in walk.coverage.missing(span):
            bad_seen = bad_seen or _has_bad(answer, hole)
            if fits and _is_absent(walk, answer, hole):
                walk.coverage.mark_absent(hole, "absent_at_exchange", _evidence(walk, answer, hole))
        holes = walk.coverage.missing(span)
    for hole in holes:
        cause = "quarantined_rows" if bad_seen else _why_open(walk, hole)
        walk.coverage.mark_open(hole, cause, {"asked": _asks_about(walk, hole)})


def _span(holes: IntervalSet) -> TimeRange:
    ranges = list(holes)
    return TimeRange(ranges[0].start, ranges[-1].end)


def _around(walk: Walking, span: TimeRange, tries: int) -> TimeRange:
    """The window of a try: the holes, and some candles on each side of them."""
    room = max(walk.talk.profile.page_span - span.duration // walk.talk.step, 2 * _MARGINS[-1])
    margin = min(_MARGINS[tries], room // 2) * walk.talk.step
    # After the first try the two sides differ, so that the hole is not in the middle of the answer.
    before = span.start - (margin if tries == 0 else margin + walk.talk.step * tries)
    after = span.end + margin
    if tries and walk.talk.profile.keeps == "oldest":
        after = (
            walk.talk.bounds.closed_before
        )  # the answer holds a page from its start on, and so the next candle there is
    return TimeRange(max(0, before), max(span.end, min(after, walk.talk.bounds.closed_before)))


def _is_absent(walk: Walking, answer: Answer, hole: TimeRange) -> bool:
    """Whether one answer shows candles on both sides of a hole, nothing in it, and nothing bad in between."""
    before, after = _neighbours(answer, hole)
    if before is None or after is None or answer.unreadable or answer.within(hole):
        return False
    if hole.end + walk.talk.profile.absence_lag_ms > walk.talk.exchange_now():
        return False
    return not any(before < time < after for time in answer.bad_times)


def _neighbours(answer: Answer, hole: TimeRange) -> tuple[int | None, int | None]:
    before = max((time for time in answer.good if time < hole.start), default=None)
    after = min((time for time in answer.good if time >= hole.end), default=None)
    return before, after


def _has_bad(answer: Answer, hole: TimeRange) -> bool:
    return bool(answer.unreadable) or any(hole.contains(time) for time in answer.bad_times)


def _why_open(walk: Walking, hole: TimeRange) -> str:
    if all(time < hole.end for time in walk.talk.known):
        return "nothing_after_it"
    if hole.end + walk.talk.profile.absence_lag_ms > walk.talk.exchange_now():
        return "too_recent"
    return "not_corroborated"


def _evidence(walk: Walking, answer: Answer, hole: TimeRange) -> dict[str, Any]:
    before, after = _neighbours(answer, hole)
    return {
        "candle_before": before,
        "candle_after": after,
        "exchange_time": walk.talk.exchange_now(),
        "asked": _asks_about(walk, hole),
    }


def _asks_about(walk: Walking, hole: TimeRange) -> list[dict[str, Any]]:
    """The latest answers to questions that covered the hole."""
    about = [ask for ask in walk.talk.asks if ask["start"] <= hole.start and hole.end <= ask["end"]]
    return about[-_EVIDENCE_ASKS:]


def _settle_before_listing(walk: Walking, hole: TimeRange) -> None:
    """Decide what lies before the first candle that the exchange ever had."""
    if any(time < hole.start for time in walk.talk.known):
        return
    try:
        listed = walk.listing()
    except ExchangeError:
        return  # the hole is asked about like any other
    if listed is None or listed <= hole.start:
        return
    evidence = {"listed_from": listed, "exchange_time": walk.talk.exchange_now()}
    walk.coverage.mark_absent(TimeRange(hole.start, max(hole.start, min(hole.end, listed))), "before_listing", evidence)
