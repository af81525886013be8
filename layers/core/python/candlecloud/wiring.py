"""Composition root: environment in; stores, exchanges and dispatcher out, each built on first use.

A function's handler is `@job_handler("<job>")` around a few lines that name the use case. In Lambda the environment is
the process's own; local mode runs every function in one process and hands each its environment through `configure`.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from pydantic import ValidationError

from candlecloud import telemetry
from candlecloud.settings import PREFIX, SETTINGS, ApiSettings, ExchangeSettings, FunctionSettings
from candlecloud.store.aws import AwsClients
from candlecloud.store.dispatch import AwsDispatcher
from candlecloud.store.stores import Stores, build_stores

if TYPE_CHECKING:
    from candlecloud.exchange.client import ExchangeClient

T = TypeVar("T")
DEADLINE_MARGIN_MS = 15_000
_NO_DEADLINE_MS = 900_000


class LambdaContext(Protocol):
    """What we use of the context that Lambda passes."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


class World:
    """What one function may touch."""

    def __init__(self, function: str, environment: Mapping[str, str]) -> None:
        self.function = function
        self.settings = read_settings(function, environment)
        self._lock = threading.RLock()
        self._built: dict[str, Any] = {}

    @property
    def stores(self) -> Stores:
        return self.once("stores", lambda: build_stores(self._clients, self.settings.bucket, self.settings.table))

    @property
    def dispatcher(self) -> AwsDispatcher:
        settings = cast(ApiSettings, self.settings)
        return self.once(
            "dispatcher",
            lambda: AwsDispatcher(
                self._clients,
                sweep_state_machine_arn=settings.sweep_state_machine_arn,
                run_function=settings.run_function,
                backfill_function=settings.backfill_function,
                preview_function=settings.preview_function,
            ),
        )

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

    @staticmethod
    def clock() -> int:
        """Now, ms UTC."""
        return time.time_ns() // 1_000_000

    @property
    def _clients(self) -> AwsClients:
        return self.once("clients", AwsClients)

    def once(self, name: str, build: Callable[[], T]) -> T:
        """What `build` makes, made once for this world."""
        with self._lock:
            if name not in self._built:
                self._built[name] = build()
            return cast(T, self._built[name])


class Invocation(Protocol):
    """A use case behind a handler: the event in, a JSON-able report out."""

    def __call__(self, event: dict[str, Any], world: World, *, deadline: int) -> dict[str, Any]: ...


_environments: dict[str, Mapping[str, str]] = {}
_worlds: dict[str, World] = {}
_worlds_lock = threading.RLock()


def configure(environments: Mapping[str, Mapping[str, str]]) -> None:
    """Give each function its own environment (function name to variables), and forget what was built before.

    An empty mapping goes back to the process's environment.
    """
    with _worlds_lock:
        _environments.clear()
        _environments.update(environments)
        _worlds.clear()


def world_of(function: str) -> World:
    """The function's world, built once per process and configuration."""
    with _worlds_lock:
        if function not in _worlds:
            _worlds[function] = World(function, _environments.get(function, os.environ))
        return _worlds[function]


def read_settings(function: str, environment: Mapping[str, str]) -> FunctionSettings:
    """Read a function's settings from a mapping of variables.

    Raises
    ------
    RuntimeError
        If a variable is missing or wrong; the message names each.
    """
    try:
        return SETTINGS[function].from_environment(environment)
    except ValidationError as error:
        faults = "; ".join(f"{PREFIX}{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise RuntimeError(f"The environment of function {function} is not right: {faults}") from error


def job_handler(
    function: str, *, keep_status: bool = True, log_report: bool = True
) -> Callable[[Invocation], Callable[[dict[str, Any], LambdaContext | None], dict[str, Any]]]:
    """Make a Lambda handler of a use case.

    It passes the deadline (ms UTC, with a margin before Lambda's own), logs and measures the invocation, and keeps the
    job's last success or failure for ``/health``. A failure is passed on, so that Lambda's retries and dead-letter
    queues see it.

    Parameters
    ----------
    function : str
        The job's name: one name for job, function folder, event file and alarm.
    keep_status : bool
        False for the children of a fan-out: their parent's status tells.
    log_report : bool
        False where the report is an answer to a user, of any length.
    """

    def decorate(use_case: Invocation) -> Callable[[dict[str, Any], LambdaContext | None], dict[str, Any]]:
        @functools.wraps(use_case)
        def handler(event: dict[str, Any], context: LambdaContext | None = None) -> dict[str, Any]:
            world = world_of(function)
            remaining = _NO_DEADLINE_MS if context is None else context.get_remaining_time_in_millis()
            deadline = world.clock() + remaining - DEADLINE_MARGIN_MS
            with telemetry.observe(function, request_id=getattr(context, "aws_request_id", None)) as log:
                try:
                    report = use_case(event, world, deadline=deadline)
                except Exception as error:
                    if keep_status:
                        reason = f"{type(error).__name__}: {error}"
                        world.stores.ingestion.record_failure(function, world.clock(), reason)
                    raise
                if keep_status and not report.get("skipped"):  # nothing was done: that is no news of the job
                    world.stores.ingestion.record_success(function, world.clock(), report)
                log.info("done", report=report if log_report else {"fields": sorted(report)})
                return report

        return handler

    return decorate
