"""The whole platform in one process: template, embedded AWS, replay exchange, functions, schedules, gateway."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import boto3

from candlecloud import wiring
from candlecloud.settings import PREFIX, ExchangeSettings
from candlecloud.store.api_tokens import SCOPES
from candlecloud.store.aws import AwsClients
from candlecloud.store.stores import Stores, build_stores
from infra.context import ROOT
from infra.fingerprint import library_commit
from infra.functions import FUNCTIONS
from infra.local import moto_lock
from infra.local.client import ApiClient
from infra.local.cloud import lambda_endpoint, local_cloud
from infra.local.executions import Executions
from infra.local.functions import MAX_SYNC_BYTES, LocalFunctions
from infra.local.gateway import Gateway
from infra.local.http_server import HttpServer, bind
from infra.local.lambda_server import LambdaServer
from infra.local.logs import InvocationLogs
from infra.local.parts import FunctionPart, read_functions, read_gateway, read_schedules
from infra.local.provision import provision
from infra.local.replay import ReplayExchange
from infra.local.scheduler import Scheduler
from infra.local.state import StateFile, folder_lock
from infra.local.template import REGION, Template

CLOCK = "2025-08-18T18:20:30Z"
"""Recorded time at start: the last minutes that are recorded at every timeframe."""
SETTLE_S = 30.0
"""How long a stopping platform waits for events and executions under way."""


class FunctionFailedError(RuntimeError):
    """An invoked function raised; `error` is Lambda's error object."""

    def __init__(self, job: str, error: Mapping[str, Any]) -> None:
        super().__init__(f"{job}: {error.get('errorType')}: {error.get('errorMessage')}")
        self.error = error


class LocalPlatform:
    """The platform on one machine, for as long as the context lasts. One per process at a time.

    Parameters
    ----------
    folder
        Where state is kept; None keeps nothing.
    logs
        Folder for what each function prints; None drops it.
    fresh
        Forget the saved state and start empty.
    port
        Port of the API on loopback; 0 takes a free one.
    clock
        Recorded time at start, ISO-8601 or ms UTC; a saved state brings its own.
    rate
        Recorded ms per real ms: 0 stands still until it is moved, 1 goes at the pace of real time.
    template
        Synthesised template; the committed snapshot when left out.

    Attributes
    ----------
    base_url, token, api
        Address of the API, a token with every scope, and a client that uses both.
    exchange
        The replay exchange, with its clock and faults.
    stores
        The platform's own stores, for looking behind the API in tests.
    scheduler
        The template's schedules; `start_schedules` lets them fire by themselves.
    """

    _running = threading.Lock()

    def __init__(
        self,
        folder: Path | None = None,
        *,
        logs: Path | None = None,
        fresh: bool = False,
        port: int = 0,
        clock: str | int = CLOCK,
        rate: float = 0.0,
        template: Template | None = None,
    ) -> None:
        self._folder = folder
        self._logs = logs
        self._fresh = fresh
        self._port = port
        self._rate = rate
        self.template = template or Template.load()
        self.exchange = ReplayExchange(clock, rate)
        self._git_hash = library_commit(ROOT)
        self._stack = ExitStack()

    def __enter__(self) -> LocalPlatform:
        if not self._running.acquire(blocking=False):
            raise RuntimeError("a local platform is already running in this process; there can be one")
        self._stack.callback(self._running.release)
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _start(self) -> None:
        address = bind(self._port)  # before the slow part, so that a taken port is said at once
        self._stack.callback(address.close)
        self._stack.enter_context(local_cloud())
        self.session = boto3.Session(region_name=REGION)
        provision(self.template, self.session)
        self._stack.enter_context(self.exchange)
        parts = read_functions(
            self.template, list(FUNCTIONS), {job for job, spec in FUNCTIONS.items() if spec.concurrent_locally}
        )
        wiring.configure({job: self._environment(part) for job, part in parts.items()})
        self._stack.callback(wiring.configure, {})
        self._start_functions(parts)
        self.executions = Executions(self.session.client("stepfunctions"))
        self._start_state()
        self.stores = self._stores(parts)
        self.token = self.stores.tokens.mint("local", SCOPES, _system_now())
        gateway = Gateway(read_gateway(self.template), self.functions)
        self._stack.callback(gateway.close)
        self.base_url = self._stack.enter_context(HttpServer(gateway, address)).url
        self.api = ApiClient(self.base_url, self.token)
        self.scheduler = Scheduler(read_schedules(self.template), self._fire, self.exchange.now)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.scheduler.stop()
            if kind is None:
                self.settle()
            self.save()
        finally:
            self._stack.close()

    def _environment(self, part: FunctionPart) -> dict[str, str]:
        """The template's variables, the commit, and the replay exchange in place of every real venue."""
        variables = dict(part.environment)
        if self._git_hash is not None:
            variables[f"{PREFIX}GIT_HASH"] = self._git_hash
        if issubclass(FUNCTIONS[part.job].settings, ExchangeSettings):
            variables[f"{PREFIX}EXCHANGE_URLS"] = json.dumps(self.exchange.base_urls())
            variables[f"{PREFIX}MIN_INTERVAL_MS"] = "0"
        if part.job == "api":
            # In-process moto has no address that a presigned URL could lead to.
            variables[f"{PREFIX}MAX_INLINE_BYTES"] = str(MAX_SYNC_BYTES)
            variables[f"{PREFIX}UPLOAD_LINKS"] = "false"
            variables[f"{PREFIX}BATCHES_AT_ONCE"] = "1"  # functions take turns here
        return variables

    def _start_functions(self, parts: Mapping[str, FunctionPart]) -> None:
        logs = InvocationLogs(self._logs)
        logs.install()
        self._stack.callback(logs.uninstall)
        self.functions = LocalFunctions(parts, logs)
        self._stack.callback(self.functions.close)
        server = LambdaServer(self.functions)
        server.start()
        self._stack.callback(server.stop)
        self._stack.enter_context(lambda_endpoint(server.url))

    def _start_state(self) -> None:
        """Restore what was saved, with its clock, and start what was under way again."""
        self._state: StateFile | None = None
        if self._folder is None:
            return
        self._stack.enter_context(folder_lock(self._folder))
        self._state = StateFile(self._folder, self.session, moto_lock.LOCK)
        if self._fresh:
            self._state.discard()
        elif self._state.exists():
            extra = self._state.restore()
            self.exchange.set_clock(int(extra["clock_ms"]), self._rate)
            self.executions.start(extra["executions"])

    def _stores(self, parts: Mapping[str, FunctionPart]) -> Stores:
        environment = parts["api"].environment
        return build_stores(AwsClients(self.session), environment[f"{PREFIX}BUCKET"], environment[f"{PREFIX}TABLE"])

    def _fire(self, target_arn: str, payload: str) -> None:
        self.functions.invoke_event(target_arn, payload.encode())

    def invoke(self, job: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Invoke a function and return its report.

        Raises
        ------
        FunctionFailedError
            When the function raised or ran out of time.
        """
        result = self.functions.invoke(job, json.dumps(dict(event)).encode())
        if result.error is not None:
            raise FunctionFailedError(job, cast(dict[str, Any], result.value()))
        return cast(dict[str, Any], result.value())

    def advance_to(self, moment: int) -> None:
        """Move recorded time forward and fire what falls due, one after the other."""
        while (due := self.scheduler.next_due()) is not None and due <= moment:
            self.exchange.set_clock(max(due, self.exchange.now()), self._rate)
            self.scheduler.tick()
            self.settle()
        self.exchange.set_clock(moment, self._rate)

    def settle(self, timeout_s: float = SETTLE_S) -> bool:
        """Wait until no event and no execution is under way; False when time ran out."""
        return self.functions.wait_for_events(timeout_s) and self.executions.wait(timeout_s)

    def save(self) -> int:
        """Save objects, items, clock and executions under way; returns bytes written (0 when nothing is kept)."""
        if self._state is None:
            return 0
        return self._state.save({"clock_ms": self.exchange.now(), "executions": self.executions.running()})


def _system_now() -> int:
    return time.time_ns() // 1_000_000
