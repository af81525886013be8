"""What the jobs that ask an exchange share: how a report fails, and that each slot of a schedule is done once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Self, TypeVar

from candlecloud.errors import ExchangeError
from candlecloud.exchange.faults import most_severe_error
from candlecloud.ingestion.schedule_slots import run_once
from candlecloud.jobs.context import Context
from candlecloud.jobs.events import JobReport
from candlecloud.jobs.series_events import SeriesRequest


@dataclass(frozen=True)
class ExchangeReport(JobReport):
    """The report of a job that asks an exchange.

    Attributes
    ----------
    failed : int
        Candles that could not be asked for.
    """

    series: str
    failed: int = 0

    @property
    @abstractmethod
    def error_codes(self) -> Collection[str]:
        """Codes of the errors behind `failed`."""

    def error(self) -> ExchangeError | None:
        """What to fail with: the most severe error; None where nothing failed."""
        if not self.failed:
            return None
        message = f"{self.failed} candles of {self.series} could not be asked for."
        return most_severe_error(self.error_codes)(message, report=self.to_dict())

    def checked(self) -> Self:
        """The report itself, if nothing failed: an invocation with failed windows must not look like a success.

        Raises
        ------
        RegionRefusedError, ExchangeUnavailableError, ExchangeError
            With the report in its details. What came is committed all the same.
        """
        error = self.error()
        if error is not None:
            raise error
        return self


R = TypeVar("R", bound=ExchangeReport)


def once_per_slot(job: str, request: SeriesRequest, context: Context, work: Callable[[], R]) -> R | None:
    """Do the work; None where this slot of a schedule was done before. A request by hand is always done.

    Raises
    ------
    ConflictError
        As `run_once`.
    """
    if request.slot is None:
        return work()
    return run_once(context.stores.ingestion, job, request.slot, work, clock=context.clock, deadline=context.deadline)
