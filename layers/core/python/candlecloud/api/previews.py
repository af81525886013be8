"""Asking the function that computes features and targets, and handing its errors on as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from candlecloud.api.dependencies import Dependencies
from candlecloud.errors import CandlecloudError, InvalidRangeError
from candlecloud.market.moment import iso
from candlecloud.market.series import Series
from candlecloud.runs.subject import read_subject


def compute(world: Dependencies, series: Series, request: Mapping[str, Any]) -> dict[str, Any]:
    """Check a request, have it computed, and return the answer.

    Parameters
    ----------
    request : mapping
        Fields of the event of `preview_series` beside the series; None is left out.

    Raises
    ------
    CandlecloudError
        What is wrong with the request, before anything is computed, or what the function reported.
    """
    as_of = request.get("as_of")
    if as_of is not None and as_of > world.clock():
        raise InvalidRangeError(
            "as_of lies in the future.", hint="Leave it out for the newest state of the data.", field="as_of"
        )
    event = {"exchange": series.exchange, "symbol": series.symbol.key, "timeframe": series.timeframe.name}
    event |= {name: value for name, value in request.items() if value is not None}
    read_subject(event, series.timeframe.ms)
    report = world.dispatcher.ask("preview_series", event)
    if report["error"] is not None:
        raise reported_error(report["error"])
    answer: dict[str, Any] = report["answer"]
    return answer


def reported_error(failure: Mapping[str, Any]) -> CandlecloudError:
    """An error that another function wrote down, as the class that its code names."""
    kind = next((kind for kind in _kinds(CandlecloudError) if kind.code == failure["code"]), CandlecloudError)
    error = kind(failure["message"], hint=failure["hint"])
    error.details = dict(failure["details"])
    return error


def both_forms(name: str, time_ms: int | None) -> dict[str, Any]:
    """A time under its name as ISO-8601, and under ``<name>_ms``."""
    return {name: None if time_ms is None else iso(time_ms), f"{name}_ms": time_ms}


def bar_times(bar: Mapping[str, Any]) -> dict[str, Any]:
    """Open, close and closing price of a bar."""
    return {
        **both_forms("open_time", bar["open_time"]),
        **both_forms("close_time", bar["close_time"]),
        "close": bar["close"],
    }


def _kinds(kind: type[CandlecloudError]) -> list[type[CandlecloudError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _kinds(child))]
