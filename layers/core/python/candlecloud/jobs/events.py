"""From an event to a job's request, and from a job's report to JSON: one way for all jobs.

An event has the fields of the contract, so a wrong one is refused in the same words as over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import AfterValidator, TypeAdapter, ValidationError, model_validator

from candlecloud.contract.fields import RangeFields, SeriesFields, parse_instant
from candlecloud.contract.refusals import as_field_error, refuse
from candlecloud.errors import InvalidParameterError, InvalidRangeError
from candlecloud.market.moment import iso
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series

T = TypeVar("T")


@dataclass(frozen=True)
class JobRequest:
    """A job's request: its fields are those of the event."""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read and check an event.

        Raises
        ------
        InvalidInputError
            Naming the field that is wrong.
        """
        return read_event(cls, event)


@dataclass(frozen=True)
class JobReport:
    """A job's report; all fields are JSON-able."""

    def to_dict(self) -> dict[str, Any]:
        """For the log, the job's state, and whoever called it."""
        return asdict(self)


def _time(text: str) -> str:
    parse_instant(text)
    return text


class SeriesEvent(SeriesFields):
    """The event of a job on one series."""

    scheduled_at: Annotated[str, AfterValidator(_time)] | None = None

    @property
    def slot(self) -> str | None:
        """The firing of a schedule that this is; None for a request by hand."""
        return None if self.scheduled_at is None else f"{self.series.id}@{self.scheduled_at}"


class RangeEvent(SeriesEvent, RangeFields):
    """The same with a range, in ISO-8601 or ms UTC. Each bound may be missing, but an end needs a start."""

    @model_validator(mode="after")
    def _end_with_start(self) -> Self:
        if self.end is not None and self.start is None:
            raise as_field_error(InvalidRangeError("An end needs a start.", hint="Give both, or neither."), "start")
        return self


@dataclass(frozen=True)
class SeriesRequest:
    """A request about one series, or a range of it.

    Attributes
    ----------
    start, end : int, optional
        ms UTC. What they are without them, the job says.
    slot : str, optional
        The firing of the schedule that this is.
    """

    EVENT: ClassVar[type[RangeEvent]] = RangeEvent
    series: Series
    start: int | None = None
    end: int | None = None
    slot: str | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """As `JobRequest.from_event`."""
        found = read_event(cls.EVENT, event)
        return cls(**{field.name: getattr(found, field.name) for field in fields(cls)})


def read_event(form: type[T], event: Any) -> T:
    """An event in the form of a model or a dataclass.

    Raises
    ------
    InvalidInputError
        Of the class that fits the first wrong field; ``details["field"]`` names it.
    """
    known: Iterable[str] = getattr(form, "model_fields", ())
    if not isinstance(event, Mapping):
        raise InvalidParameterError("The event must be a JSON object.", hint="Send an object with named fields.")
    try:
        return _reader(form).validate_python(dict(event))
    except ValidationError as error:
        raise refuse(error, "event", known) from error


@cache
def _reader(form: type[T]) -> TypeAdapter[T]:
    return TypeAdapter(form)


def span_dict(span: TimeRange) -> dict[str, str | None]:
    """A range for reports."""
    return {"start": iso(span.start), "end": iso(span.end)}
