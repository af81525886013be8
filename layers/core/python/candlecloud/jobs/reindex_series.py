"""Rebuild the index of one series of candles, or of all series of all datasets, from what S3 holds: S3 is the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from candlecloud.jobs.context import Context
from candlecloud.jobs.events import JobReport, JobRequest, read_event
from candlecloud.jobs.series_events import SeriesEvent
from candlecloud.market.datasets import DATASETS
from candlecloud.market.series import Series


@dataclass(frozen=True)
class Request(JobRequest):
    """Which series of candles; None for every series of every dataset that has an object in the lake."""

    series: Series | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read and check an event; one without exchange, symbol and timeframe means all.

        Raises
        ------
        InvalidInputError
            Naming the field that is wrong.
        """
        if isinstance(event, Mapping) and not event.keys() - {"scheduled_at"}:
            return cls()
        return cls(read_event(SeriesEvent, event).series)


@dataclass(frozen=True)
class Report(JobReport):
    """What was found and put right.

    Attributes
    ----------
    objects_checked, entries_repaired, entries_removed : int
    corrupt : list of str
        ``series period`` of each object whose content is not what its checksum says.
    """

    series: int = 0
    objects_checked: int = 0
    entries_repaired: int = 0
    entries_removed: int = 0
    corrupt: list[str] = field(default_factory=list)


def run(request: Request, context: Context) -> Report:
    """Reindex; where the index is true already, nothing is written."""
    stores = context.stores
    if request.series is not None:
        wanted = [(stores.candles, request.series)]
    else:
        lakes = [stores.dataset(dataset) for dataset in DATASETS.values()]
        wanted = [(lake, series) for lake in lakes for series in lake.stored_series()]
    found = [(lake.dataset.id_of(series), lake.repair_index(series, context.now)) for lake, series in wanted]
    return Report(
        series=len(found),
        objects_checked=sum(repair.checked for _, repair in found),
        entries_repaired=sum(repair.repaired for _, repair in found),
        entries_removed=sum(repair.removed for _, repair in found),
        corrupt=[f"{series} {period}" for series, repair in found for period in repair.corrupt],
    )
