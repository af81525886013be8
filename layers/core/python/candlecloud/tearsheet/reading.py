"""What a result document holds, read with patience: whatever is absent or no number is absent on the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from candlecloud.arrays import FloatArray, IntArray
from candlecloud.market.moment import LATEST_MS

Document = Mapping[str, Any]
_LARGEST = float(np.finfo(np.float64).max)  # JSON may hold integers beyond it


@dataclass(frozen=True)
class Curves:
    """Curves of a run, all as long as `close_time`; one that the document does not hold is all NaN.

    Attributes
    ----------
    close_time : IntArray, length n
        ms UTC.
    equity, benchmark_equity : FloatArray, length n
        Quote currency.
    drawdown, benchmark_drawdown : FloatArray, length n
        Positive fractions.
    """

    close_time: IntArray
    equity: FloatArray
    drawdown: FloatArray
    benchmark_equity: FloatArray
    benchmark_drawdown: FloatArray

    def __len__(self) -> int:
        return len(self.close_time)


def read_curves(document: Document) -> Curves:
    """Curves of the document, of length 0 where its times are not moments in ascending order."""
    curves = part(document, "curves")
    times = _floats(items(curves, "close_time"))
    if not (np.all((times >= 0.0) & (times <= LATEST_MS)) and np.all(np.diff(times) > 0.0)):
        times = times[:0]
    names = ("equity", "drawdown", "benchmark_equity", "benchmark_drawdown")
    return Curves(times.astype(np.int64), *(_curve(items(curves, name), len(times)) for name in names))


def part(document: Document, name: str) -> Document:
    """An object in an object, empty where there is none."""
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def items(document: Document, name: str) -> Sequence[Any]:
    """An array in an object, empty where there is none."""
    found = document.get(name)
    return found if isinstance(found, Sequence) and not isinstance(found, str | bytes) else ()


def rows(document: Document, name: str) -> list[Document]:
    """The objects of an array in an object."""
    return [entry for entry in items(document, name) if isinstance(entry, Mapping)]


def number(value: object) -> float | int | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -_LARGEST <= value <= _LARGEST else None


def numbers(documents: Sequence[Document], name: str) -> FloatArray:
    """One field of many objects, NaN where it is no number."""
    return _floats([document.get(name) for document in documents])


def time_ms(value: object) -> int | None:
    """A moment as ``{"iso", "unix_ms"}`` or as plain ms UTC."""
    found = number(value.get("unix_ms") if isinstance(value, Mapping) else value)
    return None if found is None else int(found)


def text(value: object) -> str | None:
    """A text that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def _curve(values: Sequence[Any], length: int) -> FloatArray:
    return _floats(values) if len(values) == length else np.full(length, np.nan)


def _floats(values: Sequence[Any]) -> FloatArray:
    """Numbers as they are, NaN for anything else."""
    try:
        found = np.array(values, dtype=np.float64)  # None becomes NaN
    except (TypeError, ValueError, OverflowError):
        found = np.empty((0, 0))
    if found.ndim != 1:
        found = np.array([math.nan if number(value) is None else value for value in values], dtype=np.float64)
    found[~np.isfinite(found)] = np.nan
    return found
