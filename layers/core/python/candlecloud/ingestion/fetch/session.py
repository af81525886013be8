"""A session with an exchange about one series of a dataset: requests are paced, retried, validated and counted."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from candlecloud.errors import ExchangeError, ExchangeUnavailableError
from candlecloud.exchange.client import ExchangeClient
from candlecloud.exchange.retry import Clock, OutOfTimeError, call_with_retry
from candlecloud.exchange.venue_profile import RowsEndpoint, VenueProfile
from candlecloud.ingestion.fetch.page import AnyDataset, BadRows, PageResult, validate_page
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Instrument, Series
from candlecloud.market.timeframe import Timeframe

T = TypeVar("T")
ATTEMPTS = 3  # how often a window is asked for before its pages are given up
_REMEMBERED_REQUESTS = 64


class IncidentLog(Protocol):
    """Where faults of the exchange and bad rows are written down, as they come."""

    def record_fault(self, error: ExchangeError) -> None: ...

    def quarantine(self, reason: str, rows: list[Any], payload_hash: str) -> None: ...


@dataclass
class FetchSession:
    """Requests about one series to an exchange whose time is known.

    Attributes
    ----------
    opened_at, exchange_opened_at : int
        When the session was opened, by our clock and by the exchange's, ms UTC.
    deadline : int, optional
        ms UTC by `clock`: no request goes out after it.
    requests, quarantined : int
        Answers received and bad rows found.
    anomalies : Counter
        What was odd about the answers, by name.
    recent : deque
        The latest requests for rows of the series, with size and hash of their answers: evidence.
    """

    client: ExchangeClient
    series: Instrument
    dataset: AnyDataset
    clock: Clock
    opened_at: int
    exchange_opened_at: int
    deadline: int | None = None
    incidents: IncidentLog | None = None
    requests: int = field(default=0, init=False)
    quarantined: int = field(default=0, init=False)
    anomalies: Counter[str] = field(default_factory=Counter, init=False)
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_REQUESTS), init=False)
    _seen_bad: set[tuple[str, str]] = field(default_factory=set, init=False)

    @property
    def profile(self) -> VenueProfile:
        """How the exchange is asked for this series."""
        return self.client.profile(self.series.symbol)

    @property
    def endpoint(self) -> RowsEndpoint:
        """Where the exchange has the rows of the dataset."""
        return self.profile.endpoint(self.dataset.name)

    @property
    def has_grid(self) -> bool:
        """Whether it is known when a row must come."""
        return self.dataset.step(self.series) is not None

    @property
    def step(self) -> int:
        """From one row of the series to the next, in ms; 1 where rows come when they come."""
        return self.dataset.step(self.series) or 1

    def exchange_now(self) -> int:
        """The exchange's time, carried on by our clock."""
        return self.exchange_opened_at + max(0, self.clock() - self.opened_at)

    def closed_before(self, timeframe: Timeframe | None = None) -> int:
        """Rows available later are not final: exchange's time at the opening less the settle lag, on the grid."""
        moment = self.exchange_opened_at - self.profile.settle_lag_ms
        return moment - moment % (self.step if timeframe is None else timeframe.ms)

    def request(self, ask: Callable[[], T]) -> T:
        """Send a request, and again where that may help.

        Raises
        ------
        OutOfTimeError
            If the deadline has come, or comes while the pace still holds the request back: nothing must sleep past it.
        """
        number = self.requests + 1

        def ask_in_time() -> T:
            if self.deadline is not None and self.clock() + self.client.wait_ms(self.series.symbol) >= self.deadline:
                raise OutOfTimeError("The deadline comes before the next request may go out.")
            self.requests = number
            return ask()

        return call_with_retry(
            ask_in_time,
            clock=self.clock,
            sleep=self.client.sleep,
            rng=self.client.rng,
            deadline=self.deadline,
            on_fault=self._note_fault,
        )

    def fetch_page(self, window: TimeRange, timeframe: Timeframe | None = None) -> PageResult:
        """Ask for a window and validate the answer; what is bad in it goes to quarantine.

        Parameters
        ----------
        timeframe : Timeframe, optional
            In place of the series' own, to look at the market from further away.

        Raises
        ------
        OutOfTimeError
            If the deadline comes before the request may go out.
        """
        series = self.series if timeframe is None else Series(self.series.exchange, self.series.symbol, timeframe)
        page = self.request(lambda: self.client.fetch_window(series, self.dataset, window))
        closed, now = self.closed_before(timeframe), self.exchange_now()
        result = validate_page(page, self.profile, self.dataset, series, closed_before=closed, now=now)
        self.anomalies.update(result.anomalies)
        if timeframe is None:
            self.recent.append(
                {"start": window.start, "end": window.end, "rows": len(page.rows), "sha256": page.payload_hash[:16]}
            )
        for bad in result.bad:
            self.quarantine(bad, result.payload_hash)
        return result

    def quarantine(self, bad: BadRows, payload_hash: str) -> None:
        """Hand bad rows over, each once, however often it is seen."""
        fresh = [row for row in bad.rows if (bad.reason, repr(row)) not in self._seen_bad]
        if fresh:
            self._seen_bad.update((bad.reason, repr(row)) for row in fresh)
            self.quarantined += len(fresh)
            if self.incidents is not None:
                self.incidents.quarantine(bad.reason, fresh, payload_hash)

    def _note_fault(self, error: ExchangeError) -> None:
        self.anomalies[error.code] += 1
        if self.incidents is not None:
            self.incidents.record_fault(error)


def open_session(
    client: ExchangeClient,
    series: Instrument,
    dataset: AnyDataset,
    clock: Clock,
    *,
    deadline: int | None = None,
    incidents: IncidentLog | None = None,
) -> FetchSession:
    """Ask the exchange what time it is, and open a session.

    Parameters
    ----------
    deadline : int, optional
        ms UTC by `clock`: no request of the session, and no wait between two, goes past it.

    Raises
    ------
    ExchangeUnavailableError
        If there is no answer, or the wait for the next question would end after the deadline.
    """
    try:
        now = call_with_retry(
            lambda: client.server_time(series.symbol),
            clock=clock,
            sleep=client.sleep,
            rng=client.rng,
            deadline=deadline,
            on_fault=None if incidents is None else incidents.record_fault,
        )
    except OutOfTimeError as late:
        raise ExchangeUnavailableError(
            f"{client.exchange} did not tell the time before the deadline: {late}", exchange=client.exchange
        ) from late
    return FetchSession(client, series, dataset, clock, clock(), now, deadline, incidents)
