"""Events of the jobs on one series: the fields are those of the API, and are refused in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, model_validator

from candlecloud.contract.fields import RangeFields, SeriesFields, parse_instant
from candlecloud.contract.refusals import as_field_error
from candlecloud.errors import InvalidRangeError
from candlecloud.jobs.events import read_event
from candlecloud.market.instant import iso
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series


def _time(text: str) -> str:
    parse_instant(text)
    return text


class SeriesEvent(SeriesFields):
    """The event of a job on one series."""

    scheduled_at: Annotated[str, AfterValidator(_time)] | None = None

    @property
    def slot(self) -> str | None:
        """The slot of a schedule that this is; None for a request by hand."""
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
        The slot of the schedule that this is.
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


def span_dict(span: TimeRange) -> dict[str, str | None]:
    """A range for reports."""
    return {"start": iso(span.start), "end": iso(span.end)}
