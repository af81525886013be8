"""Faults by name: which requests they strike, how often, and within which candles or clock times."""

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from infra.local.replay.clock import parse_time
from infra.local.replay.tape import Window

REFUSALS = ("rate_limit_429", "ban_418", "unavailable_503", "timeout", "html_200")
BODY_FAULTS = ("truncated_json",)
ROW_FAULTS = (
    "empty_page",
    "repeated_page",
    "reversed_page",
    "missing_window",
    "restated_candle",
    "unclosed_last",
    "future_candle",
    "off_grid",
    "nan",
    "wrong_symbol",
)
FAULT_NAMES = REFUSALS + BODY_FAULTS + ROW_FAULTS
SPOILED_FIELDS = ("open", "high", "low", "close", "volume_base")
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "rate_limit_429": {"retry_after_s": 1},
    "ban_418": {"retry_after_s": 120},
    "unavailable_503": {"retry_after_s": None, "from_gateway": True},
    "timeout": {"delay_s": 30.0},
    "html_200": {},
    "truncated_json": {"keep": 0.5},
    "empty_page": {},
    "repeated_page": {},
    "reversed_page": {},
    "missing_window": {},
    "restated_candle": {},
    "unclosed_last": {"lag_ms": 0},
    "future_candle": {"count": 1},
    "off_grid": {"shift_ms": 7_000},
    "nan": {"field": "close"},
    "wrong_symbol": {"serve": None},
}


class Request(NamedTuple):
    """What a fault can match: the venue, its path, and the venue's own symbol and interval (None where it has none)."""

    venue: str
    path: str
    symbol: str | None
    interval: str | None


@dataclass
class Fault:
    """One fault.

    ``venue`` equals, ``path`` is contained in, ``symbol`` and ``interval`` equal what the request says (the venue's own
    words, e.g. ``BTCUSDT``, ``XBTUSD``, ``1hour``); None matches all. The first ``skip`` matches pass untouched, then
    ``times`` requests are struck (None = all until cleared). ``window`` limits it to candles opened in that half-open
    range, ``clock`` to the time it is on the replay clock. ``options`` are those of ``OPTIONS[name]``.
    """

    name: str
    venue: str | None = None
    path: str | None = None
    symbol: str | None = None
    interval: str | None = None
    times: int | None = None
    skip: int = 0
    window: Window | None = None
    clock: Window | None = None
    options: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    matched: int = 0
    struck: int = 0

    def __post_init__(self) -> None:
        if self.name not in OPTIONS:
            raise ValueError(f"unknown fault {self.name!r}: use one of {', '.join(FAULT_NAMES)}")
        unknown = set(self.options) - set(OPTIONS[self.name])
        if unknown:
            known = ", ".join(OPTIONS[self.name]) or "none"
            raise ValueError(f"fault {self.name} has no option {', '.join(sorted(unknown))}: its options are {known}")
        if self.name == "missing_window" and self.window is None:
            raise ValueError("fault missing_window needs a window: [start, end) of open times")
        for name, value in self.options.items():
            check_option(self.name, name, value)
        self.options = {**OPTIONS[self.name], **self.options}

    @classmethod
    def from_dict(cls, text: Mapping[str, Any]) -> "Fault":
        """Build a fault from JSON; windows are pairs of ms or ISO-8601 times.

        Raises
        ------
        ValueError
            When a field or an option is unknown.
        """
        allowed = {entry.name for entry in fields(cls)} - {"id", "matched", "struck"}
        if unknown := set(text) - allowed:
            raise ValueError(f"unknown field {', '.join(sorted(unknown))}: a fault has {', '.join(sorted(allowed))}")
        if "name" not in text:
            raise ValueError(f"a fault needs a name: one of {', '.join(FAULT_NAMES)}")
        given: dict[str, Any] = dict(text)
        for name in ("window", "clock"):
            given[name] = parse_window(text.get(name))
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    def matches(self, request: Request, now: int) -> bool:
        """Say whether this fault concerns the request now, its count apart."""
        return (
            self.venue in (None, request.venue)
            and (self.path is None or self.path in request.path)
            and self.symbol in (None, request.symbol)
            and self.interval in (None, request.interval)
            and (self.clock is None or self.clock[0] <= now < self.clock[1])
        )


def check_option(fault: str, name: str, value: Any) -> None:
    """Refuse an option that the fault could not work with.

    Raises
    ------
    ValueError
        When a number is asked for and not given, or the field to spoil is none of a candle's.
    """
    default = OPTIONS[fault][name]
    if value is None and name in ("retry_after_s", "serve"):
        return
    if isinstance(default, bool):
        right, wanted = isinstance(value, bool), "true or false"
    elif name == "retry_after_s" or isinstance(default, int | float):
        right, wanted = type(value) in (int, float) and value >= 0, "a number of 0 or more"
    else:
        right, wanted = name != "field" or value in SPOILED_FIELDS, f"one of {', '.join(SPOILED_FIELDS)}"
    if not right:
        raise ValueError(f"option {name} of fault {fault} is {value!r}: give {wanted}")


def parse_window(value: Any) -> Window | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"{value!r} is not a window: give [start, end), each ms UTC or ISO-8601")
    start, end = parse_time(value[0]), parse_time(value[1])
    if end <= start:
        raise ValueError(f"window [{value[0]}, {value[1]}) is empty: its end must lie after its start")
    return start, end


class FaultBook:
    """The faults that are switched on; safe for many request threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[int, Fault] = {}
        self._ids = itertools.count(1)
        self._thread = threading.local()

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            fault.id = next(self._ids)
            self._faults[fault.id] = fault
            return fault

    def clear(self, fault_id: int | None = None) -> int:
        """Switch off one fault, or all; return how many were on."""
        with self._lock:
            gone = [fault_id] if fault_id in self._faults else [] if fault_id is not None else list(self._faults)
            for known in gone:
                del self._faults[known]
            return len(gone)

    def active(self) -> list[Fault]:
        with self._lock:
            return list(self._faults.values())

    def strike(
        self,
        names: tuple[str, ...],
        request: Request,
        now: int,
        applies: Callable[[Fault], bool] = lambda fault: True,
    ) -> list[Fault]:
        """Return the faults among ``names`` that strike this request, and count it against them.

        ``applies`` says whether the fault can show at all (are its candles on this page?); if not, nothing is counted.
        """
        with self._lock:
            hit = [
                fault
                for fault in self._faults.values()
                if fault.name in names and fault.matches(request, now) and applies(fault)
            ]
            struck = [fault for fault in hit if count(fault)]
        self._thread.names = [*self.struck_here(), *(fault.name for fault in struck)]
        return struck

    def struck_here(self) -> list[str]:
        """Return the names of the faults that struck the request this thread is answering."""
        names: list[str] = getattr(self._thread, "names", [])
        return names

    def begin(self) -> None:
        """Begin a request in this thread: nothing has struck it yet."""
        self._thread.names = []


def count(fault: Fault) -> bool:
    """Count one match and say whether the fault strikes."""
    fault.matched += 1
    if fault.matched <= fault.skip or (fault.times is not None and fault.struck >= fault.times):
        return False
    fault.struck += 1
    return True
