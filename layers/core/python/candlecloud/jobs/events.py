"""From an event to a job's request, and from a job's report to JSON: one way for all jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Self, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from candlecloud.contract.refusals import refuse
from candlecloud.errors import InvalidParameterError

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
        found: T = _reader(cast(Any, form)).validate_python(dict(event))
    except ValidationError as error:
        raise refuse(error, "event", known) from error
    return found


@cache
def _reader(form: Any) -> TypeAdapter[Any]:
    return TypeAdapter(form)
