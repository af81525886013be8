"""Funding: what a perpetual's longs pay its shorts. The user names it: missing funding is never 0 in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from candlecloud.errors import InvalidParameterError
from candlecloud.market.moment import iso
from candlecloud.market.ranges import TimeRange
from candlecloud.runs.fields import check_names, read_choice, read_moment, read_number

MODELS = ("schedule", "fixed_rate", "ignored")
MAX_RATES = 6_000
_EIGHT_HOURS = 8 * 3_600_000
_LONGEST_PAUSE = _EIGHT_HOURS + 60_000  # venues settle every 1, 2, 4 or 8 hours, some a moment late
_FIELDS = {"schedule": ("model", "rates"), "fixed_rate": ("model", "rate_per_8h"), "ignored": ("model",)}


@dataclass(frozen=True)
class Funding:
    """One of three: settled rates by time, one rate assumed for every eight hours, or none, as a declared assumption.

    Attributes
    ----------
    times : tuple of int
        Settlements, ms UTC, ascending; of ``schedule``.
    rates : tuple of float
        Fraction of the position's value that a long pays at each of them; negative: it is paid.
    rate_per_8h : float
        Of ``fixed_rate``, settled at 00:00, 08:00 and 16:00 UTC.
    """

    model: str
    times: tuple[int, ...] = ()
    rates: tuple[float, ...] = ()
    rate_per_8h: float = 0.0

    @classmethod
    def from_dict(cls, document: Any, *, is_perpetual: bool) -> Funding | None:
        """Read the field ``funding``.

        Raises
        ------
        InvalidParameterError
            If a perpetual has none, spot has one, or it is wrong.
        """
        if not is_perpetual:
            if document is not None:
                raise InvalidParameterError(
                    "funding is paid by perpetuals only.", hint="Leave it out.", field="funding"
                )
            return None
        if document is None:
            raise InvalidParameterError(
                "A perpetual pays funding; say what this run shall assume.",
                hint='Send settled rates as {"model": "schedule", "rates": [[time, rate], ...]}, an assumption as '
                '{"model": "fixed_rate", "rate_per_8h": 0.0001}, or {"model": "ignored"}.',
                field="funding",
                allowed=list(MODELS),
            )
        given = check_names(document, ("model", "rates", "rate_per_8h"), "funding")
        model = read_choice({"funding.model": given.get("model")}, "funding.model", "", MODELS)
        check_names({name: 0 for name, value in given.items() if value is not None}, _FIELDS[model], "funding")
        if model == "fixed_rate":
            name = "funding.rate_per_8h"
            return cls(
                model, rate_per_8h=read_number({name: given.get("rate_per_8h", 0.0001)}, name, 0.0001, -0.1, 0.1)
            )
        return cls(model, *_read_rates(given.get("rates"))) if model == "schedule" else cls(model)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, and what `from_dict` reads back equal."""
        if self.model == "schedule":
            return {"model": self.model, "rates": [[t, r] for t, r in zip(self.times, self.rates, strict=True)]}
        return {"model": self.model} | ({"rate_per_8h": self.rate_per_8h} if self.model == "fixed_rate" else {})

    def check_covers(self, span: TimeRange) -> None:
        """Check that a schedule has no pause of more than eight hours from a run's start to its end.

        Raises
        ------
        InvalidParameterError
            With the first stretch that has no settlement.
        """
        if self.model != "schedule":
            return
        inside = [t for t in self.times if span.start < t <= span.end]
        marks = [span.start, *inside, span.end]
        for left, right in pairwise(marks):
            if right - left > _LONGEST_PAUSE:
                raise InvalidParameterError(
                    f"No funding rate is given from {iso(left)} to {iso(right)}.",
                    hint="Send every settlement of the run's range, or shorten the range.",
                    field="funding.rates",
                )

    def settlements(self, span: TimeRange) -> tuple[Sequence[int], Sequence[float]]:
        """Times (ms UTC) and rates that fall into ``(start, end]``."""
        if self.model == "fixed_rate":
            first = (span.start // _EIGHT_HOURS + 1) * _EIGHT_HOURS
            times = range(first, span.end + 1, _EIGHT_HOURS)
            return times, [self.rate_per_8h] * len(times)
        kept = [(t, r) for t, r in zip(self.times, self.rates, strict=True) if span.start < t <= span.end]
        return [t for t, _ in kept], [r for _, r in kept]


def _read_rates(given: Any) -> tuple[tuple[int, ...], tuple[float, ...]]:
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_RATES:
        raise InvalidParameterError(
            f"funding.rates must be a list of 1 to {MAX_RATES:,} settlements.",
            field="funding.rates",
            allowed='[["2024-01-01T00:00:00Z", 0.0001], ...]',
        )
    times: list[int] = []
    rates: list[float] = []
    for number, pair in enumerate(given):
        where = f"funding.rates.{number}"
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise InvalidParameterError(f"{where} must be a time and a rate.", field=where, got=repr(pair)[:80])
        named: Mapping[str, Any] = {f"{where}.0": pair[0], f"{where}.1": pair[1]}
        time = read_moment(named, f"{where}.0")
        if time is None or (times and time <= times[-1]):
            raise InvalidParameterError(f"{where}.0 must be a time after the one before it.", field=f"{where}.0")
        times.append(time)
        rates.append(read_number(named, f"{where}.1", float("nan"), -0.1, 0.1))
    return tuple(times), tuple(rates)
