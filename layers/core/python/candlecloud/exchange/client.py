"""One client per exchange over ccxt's raw endpoints: asks for a window, hands back rows, never trusts the shape."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from threading import RLock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from candlecloud.errors import (
    CandlecloudError,
    ExchangeUnavailableError,
    InvalidParameterError,
    MalformedResponseError,
)
from candlecloud.exchange.ccxt_loader import load_venue_class
from candlecloud.exchange.faults import BANNED, translate
from candlecloud.exchange.pacing import Breaker, Pace
from candlecloud.exchange.payload import header_int, rows_at, value_at, whole_at, window_params
from candlecloud.exchange.retry import Sleep
from candlecloud.exchange.rows import number, read_rows
from candlecloud.exchange.venue_profile import VenueProfile
from candlecloud.exchange.venues import VENUES
from candlecloud.market.dataset import Dataset
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Instrument
from candlecloud.market.symbol import Symbol

TIMEOUT_MS = 10_000
_FAR_FUTURE = 2**41  # ms UTC, the year 2039
# Every method, parameter and answer here is public market data: no key is ever given to ccxt.
_OPTIONS = {"enableRateLimit": False, "enableLastJsonResponse": False}


@dataclass(frozen=True)
class Page:
    """One answer as it came: nothing in it is read or checked yet.

    Attributes
    ----------
    asked : TimeRange
        Key times that were asked for.
    rows : list
        The venue's rows as parsed from JSON, in the order received; anything may stand in it.
    market_key : str, optional
        The market that the answer names, where the venue names it.
    payload_hash : str
        SHA-256 (hex) of the body as received.
    """

    asked: TimeRange
    rows: list[Any]
    market_key: str | None
    payload_hash: str


class Quote(NamedTuple):
    """A price, and when it stood (ms UTC)."""

    price: float
    time: int


class ExchangeClient:
    """Public market data of one exchange.

    One request at a time, at the profile's pace; safe to share between threads.

    Parameters
    ----------
    exchange : str
        An id of the allow-list.
    base_url : str, optional
        Address in place of the venue's own; https, or http on loopback (the replay exchange).
    min_interval_ms : int, optional
        Pace in place of the profile's. Slower is always allowed, faster on loopback only.
    timeout_ms : int
        Longest wait for an answer.
    sleep, clock_ms, rng
        Injected time (ms of a monotonic clock) and randomness, for the pace and for retries.

    Raises
    ------
    UnknownExchangeError, InvalidParameterError
        If the id is not allowed, the address is not safe, or the pace is faster than the venue allows.
    """

    def __init__(
        self,
        exchange: str,
        *,
        base_url: str | None = None,
        min_interval_ms: int | None = None,
        timeout_ms: int = TIMEOUT_MS,
        sleep: Sleep = time.sleep,
        clock_ms: Callable[[], float] = lambda: time.monotonic() * 1000,
        rng: random.Random | None = None,
    ) -> None:
        self.exchange = exchange
        self._venue = VENUES.find(exchange)
        self.sleep = sleep
        self.rng = rng or random.Random()
        self._clock_ms = clock_ms
        self._is_loopback = base_url is not None and _check_address(base_url)
        self._min_interval_ms = min_interval_ms
        self._ccxt = _recording(load_venue_class(exchange))({**_OPTIONS, "timeout": timeout_ms})
        if base_url is not None:
            _redirect(self._ccxt, base_url)
        self._lane = RLock()
        self._paces: dict[str, Pace] = {}
        self.breaker = Breaker()

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        self._ccxt.session.close()

    def profile(self, symbol: Symbol) -> VenueProfile:
        """The profile that serves a symbol on this exchange."""
        return self._venue.profile(symbol)

    def wait_ms(self, symbol: Symbol) -> float:
        """How long a request for this symbol would sleep first to keep the pace, in ms."""
        with self._lane:
            pace = self._paces.get(self.profile(symbol).market)
            return 0.0 if pace is None else pace.wait_ms(self._clock_ms())

    def server_time(self, symbol: Symbol) -> int:
        """The exchange's clock, ms UTC: what decides whether a row is final."""
        profile = self.profile(symbol)
        answer = self._get(profile, profile.server_time.method, profile.server_time.fixed)
        moment = whole_at(answer, profile.server_time.value_path, self.exchange)
        return moment * profile.server_time.unit_ms

    def fetch_window(
        self, series: Instrument, dataset: Dataset[Any, Any], window: TimeRange, limit: int | None = None
    ) -> Page:
        """Ask once for the rows of a dataset whose key times lie in `window`.

        Parameters
        ----------
        window : TimeRange
            On the grid, where the dataset has one. A venue without an end bound answers with everything since its
            start.
        limit : int, optional
            Most rows; the endpoint's page limit where left out. Venues without such a parameter ignore it.

        Raises
        ------
        RateLimitedError, ExchangeUnavailableError, UnknownSymbolError, ExchangeError
            As the venue answers.
        MalformedResponseError
            If it answers 200 with anything but rows.
        """
        profile = self.profile(series.symbol)
        endpoint = profile.endpoint(dataset.name)
        params = window_params(profile, endpoint, series, window, limit)
        with self._lane:
            answer = self._get(profile, endpoint.method, params)
            body = self._ccxt.last_http_response or ""
        rows, key = rows_at(answer, endpoint, self.exchange)
        return Page(window, rows, key, hashlib.sha256(body.encode()).hexdigest())

    def listing_start(self, series: Instrument, dataset: Dataset[Any, Any]) -> int | None:
        """Key time of the first row ever, ms UTC; None where the venue has no way to ask, or no row.

        Raises
        ------
        MalformedResponseError
            If a question for one row is answered with several.
        """
        endpoint = self.profile(series.symbol).endpoint(dataset.name)
        if not endpoint.lists_from_zero:
            return None
        raw = self.fetch_window(series, dataset, TimeRange(0, _FAR_FUTURE), limit=1).rows
        if len(raw) > 1:
            raise MalformedResponseError(f"{self.exchange} answered with {len(raw)} rows instead of one.")
        first = read_rows(raw, endpoint.layout, series).rows
        return int(first[0][0]) if first else None

    def quoted_price(self, symbol: Symbol) -> Quote | None:
        """What a second endpoint quotes for exactly this symbol; None where the venue has no such endpoint.

        Raises
        ------
        MalformedResponseError
            If the answer names another symbol.
        """
        profile = self.profile(symbol)
        endpoint = profile.quote_price
        if endpoint is None:
            return None
        wanted = profile.market_id(symbol)
        answer = self._get(profile, endpoint.method, {**endpoint.fixed, endpoint.symbol_param: wanted})
        if value_at(answer, endpoint.symbol_path, self.exchange) != wanted:
            raise MalformedResponseError(f"{self.exchange} answered for another symbol than {symbol}.")
        try:
            price = number(value_at(answer, endpoint.value_path, self.exchange))
        except (TypeError, ValueError, OverflowError) as error:
            raise MalformedResponseError(f"{self.exchange} quoted no price for {symbol}.") from error
        return Quote(price, whole_at(answer, endpoint.time_path, self.exchange) * endpoint.unit_ms)

    def _get(self, profile: VenueProfile, method: str, params: Mapping[str, Any]) -> Any:
        """One request through the lane: breaker, pace, ccxt, translation."""
        with self._lane:
            now = self._clock_ms()
            if not self.breaker.allows(now):
                wait_s = ((self.breaker.open_until or now) - now) / 1000
                raise ExchangeUnavailableError(
                    f"{self.exchange} has failed too often; it is left alone for {wait_s:.0f} s.",
                    exchange=self.exchange, circuit_open=True, retry_after_s=wait_s,
                )  # fmt: skip
            pace = self._paces.get(profile.market) or self._pace(profile)
            wait = pace.wait_ms(now)
            if wait > 0:
                self.sleep(wait / 1000)
            pace = pace.started(self._clock_ms())
            self._ccxt.forget_answer()
            try:
                answer = getattr(self._ccxt, method)(dict(params))
            except Exception as error:
                raise self._failure(error) from error
            finally:
                used = header_int(self._ccxt.answer_headers, profile.weight_header)
                self._paces[profile.market] = pace.answered(self._clock_ms(), used)
            self.breaker = self.breaker.succeeded()
            return answer

    def _pace(self, profile: VenueProfile) -> Pace:
        interval = profile.min_interval_ms if self._min_interval_ms is None else self._min_interval_ms
        if interval < profile.min_interval_ms and not self._is_loopback:
            raise InvalidParameterError(
                f"{self.exchange} allows one request in {profile.min_interval_ms} ms; {interval} ms is too fast.",
                hint="Leave CANDLECLOUD_MIN_INTERVAL_MS out; it is for a replay exchange on loopback.",
                field="min_interval_ms",
            )
        return Pace(interval, profile.weight_limit)

    def _failure(self, error: Exception) -> CandlecloudError:
        status, headers = self._ccxt.answer_status, self._ccxt.answer_headers
        failure = translate(error, venue=self._venue, status=status, headers=headers)
        if isinstance(failure, ExchangeUnavailableError):
            wait = failure.details.get("retry_after_s")
            self.breaker = self.breaker.failed(
                self._clock_ms(),
                banned=status == BANNED,
                retry_after_ms=None if wait is None else 1000 * wait,
            )
        return failure


def _recording(cls: type[Any]) -> type[Any]:
    """The ccxt class, keeping status and headers of its last answer (an error's message alone does not hold them)."""

    class Recording(cls):  # type: ignore[misc]
        answer_status: int | None = None
        answer_headers: Mapping[str, str] = {}

        def forget_answer(self) -> None:
            self.answer_status, self.answer_headers = None, {}

        def on_rest_response(self, code: int, *rest: Any) -> Any:
            self.answer_status, self.answer_headers = code, rest[3]
            return super().on_rest_response(code, *rest)

    return Recording


def _redirect(venue: Any, base_url: str) -> None:
    """Point every endpoint of the class at another host; paths stay."""
    base = base_url.rstrip("/")
    venue.urls["api"] = {
        name: base + urlsplit(url).path.rstrip("/") for name, url in venue.urls["api"].items() if isinstance(url, str)
    }


def _check_address(base_url: str) -> bool:
    """Whether an address is loopback; plain http to anywhere else is refused."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if parts.scheme not in ("http", "https") or not (is_loopback or parts.scheme == "https"):
        raise InvalidParameterError(
            "An exchange address is https, or http on loopback.", field="base_url", scheme=parts.scheme
        )
    return is_loopback
