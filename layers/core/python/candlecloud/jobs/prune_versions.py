"""Delete old versions of the functions: running work may still need the newest, nobody needs the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from candlecloud.jobs.context import Context
from candlecloud.jobs.events import read_fields

KEPT = 3
"""The newest versions of a function that stay: the one in use, and two to roll back to."""


@dataclass(frozen=True)
class Request:
    """Every function that the settings name."""

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        """Read and check an event.

        Raises
        ------
        InvalidInputError
            If it holds anything but the time of its slot.
        """
        read_fields(event, ("scheduled_at",))
        return cls()


@dataclass(frozen=True)
class Report:
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

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


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
