"""Funding: what a perpetual's longs pay its shorts. The user names it: missing funding is never 0 in silence."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from candlecloud.contract.fields import Amount, Instant, Strict
from candlecloud.contract.refusals import as_field_error
from candlecloud.errors import InvalidParameterError
from candlecloud.market.instant import iso
from candlecloud.market.ranges import TimeRange

MAX_RATES = 6_000
EIGHT_HOURS_MS = 8 * 3_600_000
_LONGEST_PAUSE_MS = EIGHT_HOURS_MS + 60_000  # venues settle every 1, 2, 4 or 8 hours, some a moment late
_OF_MODEL = {"schedule": "rates", "fixed_rate": "rate_per_8h", "ignored": None}
_Rate = Annotated[Amount, Field(ge=-0.1, le=0.1)]


class Funding(Strict):
    """One of three: settled rates by time, a rate assumed for every eight hours, or none, as a declared assumption."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Literal["schedule", "fixed_rate", "ignored"]
    rates: Annotated[
        list[tuple[Instant, _Rate]] | None,
        Field(
            min_length=1,
            max_length=MAX_RATES,
            description="Of `schedule`: settlement time and the fraction that longs pay",
        ),
    ] = None
    rate_per_8h: Annotated[
        _Rate | None, Field(description="Of `fixed_rate`, settled at 00:00, 08:00 and 16:00 UTC; default 0.0001")
    ] = None

    @model_validator(mode="after")
    def _only_its_own(self) -> Funding:
        for name in ("rates", "rate_per_8h"):
            if getattr(self, name) is not None and name != _OF_MODEL[self.model]:
                raise _wrong(f"funding.{name}", f"{name} is no field of model {self.model}.", "Leave it out.")
        if self.model == "schedule":
            self._check_rates()
        if self.model == "fixed_rate" and self.rate_per_8h is None:
            self.__dict__["rate_per_8h"] = 0.0001
        return self

    @model_serializer(mode="wrap")
    def _its_own_fields(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if name in ("model", _OF_MODEL[self.model])}

    def check_covers(self, span: TimeRange) -> None:
        """Check that a schedule has no pause of more than eight hours from a run's start to its end.

        Raises
        ------
        InvalidParameterError
            With the first stretch that has no settlement.
        """
        if self.rates is None:
            return
        inside = [time for time, _ in self.rates if span.start < time <= span.end]
        for left, right in pairwise([span.start, *inside, span.end]):
            if right - left > _LONGEST_PAUSE_MS:
                raise InvalidParameterError(
                    f"No funding rate is given from {iso(left)} to {iso(right)}.",
                    hint="Send every settlement of the run's range, or shorten the range.",
                    field="funding.rates",
                )

    def _check_rates(self) -> None:
        if self.rates is None:
            allowed = '[["2024-01-01T00:00:00Z", 0.0001], ...]'
            raise _wrong("funding.rates", "A schedule needs rates.", f"Send rates as {allowed}.")
        for number, ((before, _), (time, _)) in enumerate(pairwise(self.rates), 1):
            if time <= before:
                raise _wrong(f"funding.rates.{number}.0", "This time is not after the one before it.", None)


def check_funding(funding: Funding | None, *, is_perpetual: bool) -> None:
    """Refuse a perpetual without a word about funding, and spot with one.

    Raises
    ------
    PydanticCustomError
    """
    if funding is not None and not is_perpetual:
        raise _wrong("funding", "funding is paid by perpetuals only.", "Leave it out.")
    if funding is None and is_perpetual:
        raise _wrong(
            "funding",
            "A perpetual pays funding. Say which funding this run uses.",
            'Send settled rates as {"model": "schedule", "rates": [[time, rate], ...]}, an assumption as '
            '{"model": "fixed_rate", "rate_per_8h": 0.0001}, or {"model": "ignored"}.',
            allowed=list(_OF_MODEL),
        )


def _wrong(field: str, message: str, hint: str | None, **details: Any) -> PydanticCustomError:
    return as_field_error(InvalidParameterError(message, hint=hint, **details), field)
