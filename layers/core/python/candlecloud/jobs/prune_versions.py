"""Delete old versions of the functions: running work may still need the newest, nobody needs the others."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import ConfigDict

from candlecloud.jobs.context import Context
from candlecloud.jobs.events import JobReport, JobRequest

KEPT = 3
"""The newest versions of a function that stay: the one in use, and two to roll back to."""


@dataclass(frozen=True)
class Request(JobRequest):
    """Every function that the settings name: the event names none."""

    __pydantic_config__ = ConfigDict(extra="forbid")
    scheduled_at: str | None = None


@dataclass(frozen=True)
class Report(JobReport):
    """What was found and deleted.

    Attributes
    ----------
    functions, kept : int
        Functions looked at, and versions that stay.
    deleted : dict
        Job to the numbers of the versions that are gone; jobs that lost none are left out.
    """

    functions: int = 0
    kept: int = 0
    deleted: dict[str, list[int]] = field(default_factory=dict)


def run(request: Request, context: Context) -> Report:
    """Delete what is older than the newest three versions and has no alias; twice is once.

    Raises
    ------
    TransientStoreError
        If Lambda does not answer, or refuses.
    """
    store = context.stores.versions
    kept, deleted = 0, {}
    for job, function in store.functions.items():
        found, used = store.numbers(function), store.aliased(function)
        old = [number for number in sorted(found)[:-KEPT] if number not in used]
        for number in old:
            store.delete(function, number)
        kept += len(found) - len(old)
        if old:
            deleted[job] = old
    return Report(len(store.functions), kept, deleted)
