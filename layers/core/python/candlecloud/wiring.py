"""Composition root: environment in; stores, exchanges and dispatcher out, each built on first use.

A function's handler is ``handler = job_handler("<job>", Request, run)``. In Lambda the environment is the process's
own; local mode runs every function in one process and hands each its environment through `configure`.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from pydantic import ValidationError

from candlecloud import telemetry
from candlecloud.jobs.context import Context
from candlecloud.settings import PREFIX, CallerSettings, ExchangeSettings, FunctionSettings, VersionSettings
from candlecloud.store.aws import AwsClients
from candlecloud.store.dispatch import AwsDispatcher
from candlecloud.store.stores import Stores, build_stores

if TYPE_CHECKING:
    from candlecloud.exchange.client import ExchangeClient

T = TypeVar("T")
R = TypeVar("R", covariant=True)
T_settings = TypeVar("T_settings", bound=FunctionSettings)
DEADLINE_MARGIN_MS = 15_000
_NO_DEADLINE_MS = 900_000


class LambdaContext(Protocol):
    """What we use of the context that Lambda passes."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class Runtime:
    """What one function works with, each part built on first use."""

    def __init__(self, function: str, settings: FunctionSettings) -> None:
        self.function = function
        self.settings = settings
        self._lock = threading.RLock()
        self._built: dict[str, Any] = {}

    @property
    def stores(self) -> Stores:
        settings = self.settings
        functions = settings.functions if isinstance(settings, VersionSettings) else {}
        return self.once("stores", lambda: build_stores(self._clients, settings.bucket, settings.table, functions))

    @property
    def dispatcher(self) -> AwsDispatcher:
        def build() -> AwsDispatcher:
            if isinstance(self.settings, CallerSettings):
                return AwsDispatcher(self._clients, self.settings.functions, self.settings.state_machine_arn)
            return AwsDispatcher(self._clients, {})

        return self.once("dispatcher", build)

    def exchange(self, exchange_id: str) -> ExchangeClient:
        """The client of one venue; importing ccxt waits until here."""
        settings = cast(ExchangeSettings, self.settings)

        def build() -> ExchangeClient:
            from candlecloud.exchange.client import ExchangeClient

            return ExchangeClient(
                exchange_id,
                base_url=settings.exchange_urls.get(exchange_id),
                min_interval_ms=settings.min_interval_ms if settings.is_replay else None,
            )

        return self.once(f"exchange {exchange_id}", build)

    def context(self, *, owner: str, deadline: int) -> Context:
        """What a job is given for one invocation.

        Parameters
        ----------
        owner : str
            The invocation's id.
        deadline : int
            ms UTC.
        """
        return Context(self.stores, self.clock, deadline, owner, self.settings.git_hash, self.exchange, self.dispatcher)

    @staticmethod
    def clock() -> int:
        """Now, ms UTC."""
        return time.time_ns() // 1_000_000

    @property
    def _clients(self) -> AwsClients:
        return self.once("clients", AwsClients)

    def once(self, name: str, build: Callable[[], T]) -> T:
        """What `build` makes, made once for this runtime."""
        with self._lock:
            if name not in self._built:
                self._built[name] = build()
            return cast(T, self._built[name])


class RequestType(Protocol[R]):
    """A job's request: reads and checks an event."""

    def from_event(self, event: Mapping[str, Any], /) -> R: ...


class Report(Protocol):
    """A job's report."""

    def to_dict(self) -> dict[str, Any]: ...


Handler = Callable[[dict[str, Any], LambdaContext | None], dict[str, Any]]

_declared: dict[str, type[FunctionSettings]] = {}
_environments: dict[str, Mapping[str, str]] = {}
_runtimes: dict[str, Runtime] = {}
_runtimes_lock = threading.RLock()


def configure(environments: Mapping[str, Mapping[str, str]]) -> None:
    """Give each function its own environment (function name to variables), and forget what was built before.

    An empty mapping goes back to the process's environment.
    """
    with _runtimes_lock:
        _environments.clear()
        _environments.update(environments)
        _runtimes.clear()


def declare(function: str, settings: type[FunctionSettings]) -> None:
    """Say which settings a function reads; its handler does so when it is imported."""
    _declared[function] = settings


def declared_settings(function: str) -> type[FunctionSettings]:
    """The settings that a function's handler has named.

    Raises
    ------
    LookupError
        If its handler was not imported.
    """
    if function not in _declared:
        raise LookupError(f"No handler of {function!r} is imported.")
    return _declared[function]


def runtime_of(function: str) -> Runtime:
    """The function's runtime, built once per process and configuration."""
    with _runtimes_lock:
        if function not in _runtimes:
            environment = _environments.get(function, os.environ)
            _runtimes[function] = Runtime(function, read_settings(function, declared_settings(function), environment))
        return _runtimes[function]


def read_settings(function: str, settings: type[T_settings], environment: Mapping[str, str]) -> T_settings:
    """Read a function's settings from a mapping of variables.

    Raises
    ------
    RuntimeError
        If a variable is missing or wrong; the message names each.
    """
    try:
        return settings.from_environment(environment)
    except ValidationError as error:
        faults = "; ".join(f"{PREFIX}{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise RuntimeError(f"The environment of function {function} is not right: {faults}") from error


def job_handler(
    function: str,
    request: RequestType[T],
    run: Callable[[T, Context], Report],
    *,
    settings: type[FunctionSettings] = FunctionSettings,
    keep_status: bool = True,
    log_report: bool = True,
) -> Handler:
    """Make a Lambda handler of a job.

    It passes the deadline (ms UTC, with a margin before Lambda's own), logs and measures the invocation, and keeps the
    job's last success or failure for ``/health``. A failure is passed on, so that Lambda's retries and dead-letter
    queues see it.

    Parameters
    ----------
    function : str
        The job's name: one name for job, function folder, event file and alarm.
    request : type
        The job's ``Request``.
    run : callable
        The job's ``run(request, context)``.
    settings : type
        What its environment holds.
    keep_status : bool
        False for the children of a fan-out: their parent's status tells.
    log_report : bool
        False where the report is an answer to a user, of any length.
    """
    declare(function, settings)

    def handler(event: dict[str, Any], context: LambdaContext | None = None) -> dict[str, Any]:
        runtime = runtime_of(function)
        remaining = _NO_DEADLINE_MS if context is None else context.get_remaining_time_in_millis()
        deadline = runtime.clock() + remaining - DEADLINE_MARGIN_MS
        owner = getattr(context, "aws_request_id", None) or str(uuid.uuid4())
        with telemetry.observe(function, request_id=owner) as log:
            try:
                done = run(request.from_event(event), runtime.context(owner=owner, deadline=deadline))
                report = done.to_dict()
            except Exception as error:
                if keep_status:
                    reason = f"{type(error).__name__}: {error}"
                    runtime.stores.ingestion.record_failure(function, runtime.clock(), reason)
                raise
            if keep_status and not report.get("skipped"):  # nothing was done: that is no news of the job
                runtime.stores.ingestion.record_success(function, runtime.clock(), report)
            log.info("done", report=report if log_report else {"fields": sorted(report)})
            return report

    return handler
