"""The ticker that moto lacks: fires the template's schedules as a clock goes by.

The clock is the replay exchange's, so a platform that lives in recorded time is also woken in recorded time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from infra.local.parts import SchedulePart
from infra.local.schedule_expression import NextTime, parse_schedule

Fire = Callable[[str, str], None]
"""Called with the target's ARN and the event as JSON text."""

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
POLL_S = 0.2
_LOOK_BACK_MS = tuple(hours * 3_600_000 for hours in (1, 24, 24 * 32, 24 * 366))


@dataclass
class _Entry:
    part: SchedulePart
    next_after: NextTime
    due: int | None = None


@dataclass(frozen=True)
class Fired:
    """One schedule that fired, and the time it was for (ms UTC)."""

    schedule: str
    scheduled_at: int


@dataclass
class Scheduler:
    """Fires schedules whose time has come.

    A clock that jumps (a laptop that slept, a test that moves recorded time by a month) does not fire each missed
    time: like the scheduler after an outage, each schedule fires once, for the newest time that was due. The jobs
    behind it work from what is stored, so the one event catches up.

    Parameters
    ----------
    parts
        Schedules of the template; disabled ones are left out.
    fire
        What to do with a due event.
    clock
        Recorded time in ms UTC.
    """

    parts: Iterable[SchedulePart]
    fire: Fire
    clock: Callable[[], int]
    _entries: list[_Entry] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        now = self.clock()
        for part in self.parts:
            if part.enabled:
                next_after = parse_schedule(part.expression, timezone=part.timezone, anchor=now)
                self._entries.append(_Entry(part, next_after, next_after(now)))

    def tick(self) -> list[Fired]:
        """Fire everything that is due now, oldest first, and say what fired."""
        with self._lock:
            now = self.clock()
            due = []
            for entry in self._entries:
                if entry.due is not None and entry.due <= now:
                    due.append((_newest(entry, now), entry.part))
                    entry.due = entry.next_after(now)
            due.sort(key=lambda item: (item[0], item[1].name))
            for moment, part in due:
                self.fire(part.target_arn, part.input.replace(SCHEDULED_TIME, _iso(moment)))
            return [Fired(part.name, moment) for moment, part in due]

    def next_due(self) -> int | None:
        """Time of the schedule that fires next."""
        return min((entry.due for entry in self._entries if entry.due is not None), default=None)

    def start(self, on_fired: Callable[[list[Fired]], None] | None = None) -> None:
        """Tick in a thread of its own until `stop`."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, args=(on_fired,), name="scheduler", daemon=True)
        self._thread.start()

    def _run(self, on_fired: Callable[[list[Fired]], None] | None) -> None:
        while not self._stop.wait(POLL_S):
            fired = self.tick()
            if fired and on_fired is not None:
                on_fired(fired)

    def stop(self) -> None:
        """Stop ticking; events already fired go on."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None


def _newest(entry: _Entry, now: int) -> int:
    """Last time of an entry that is not after `now`, looked for from ever further back."""
    found = entry.due
    for back in _LOOK_BACK_MS:
        candidate = entry.next_after(now - back)
        if candidate is not None and found is not None and found <= candidate <= now:
            found = candidate
            break
    assert found is not None, "called for a due entry"
    while (later := entry.next_after(found)) is not None and later <= now:
        found = later
    return found


def _iso(moment: int) -> str:
    """EventBridge writes the scheduled time in whole seconds."""
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
