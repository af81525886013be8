"""Where a sweep's time goes: clocks around the stages of a batch, put there by the benchmark, not by the product."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any

from candlecloud.experiments import sets, sweep
from candlecloud.strategies.evaluate import positions

Stages = dict[str, float]

_PLACES: Mapping[str, Sequence[tuple[Any, str]]] = {
    "candles": ((sweep, "bars_from_table"),),
    "indicators": ((positions.Rows, "fill"),),
    "comparisons": ((positions, "_hold"),),
    "engine": (
        (sets, "statistics_of_words"),
        (sets, "statistics_of_targets"),
        (sets, "rows_of_pairs"),
    ),
    "rows": ((sweep, "summary_columns_of"), (sweep, "_table")),
}
"""Stage to what is clocked; none of them runs inside another, and none runs per set or bar."""


@contextmanager
def timed_stages() -> Iterator[Stages]:
    """Clock what runs inside.

    Returns
    -------
    dict
        Stage to CPU seconds; ``rest``, all that none of them is; ``whole``.
    """
    spent: Stages = dict.fromkeys(_PLACES, 0.0)
    kept = [(owner, name, getattr(owner, name)) for places in _PLACES.values() for owner, name in places]
    for stage, places in _PLACES.items():
        for owner, name in places:
            setattr(owner, name, _clocked(getattr(owner, name), spent, stage))
    started = time.process_time()
    try:
        yield spent
    finally:
        whole = time.process_time() - started
        for owner, name, function in kept:
            setattr(owner, name, function)
        spent["rest"] = whole - sum(spent.values())
        spent["whole"] = whole


def _clocked(function: Callable[..., Any], spent: Stages, stage: str) -> Callable[..., Any]:
    @wraps(function)
    def clocked(*arguments: Any, **named: Any) -> Any:
        started = time.process_time()
        try:
            return function(*arguments, **named)
        finally:
            spent[stage] += time.process_time() - started

    return clocked
