"""Run the real Lambda handlers in this process, with the manners of the Lambda service.

Events and answers cross as JSON bytes, as they do on AWS, so that nothing passes here that would not pass there.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from typing import Any

from infra.local.logs import InvocationLogs
from infra.local.parts import FunctionPart
from infra.local.resource import FIRST_VERSION

MAX_SYNC_BYTES = 6 * 1024 * 1024
"""Lambda's limit for a synchronous request or response."""
MAX_ASYNC_BYTES = 1024 * 1024
THREADS = 32
LATEST, LIVE = "$LATEST", "live"

Handler = Callable[[Any, Any], Any]


class UnknownFunctionError(LookupError):
    """No function of that name is in the template, or it has no such version."""


@dataclass(frozen=True)
class Invocation:
    """What an invocation gave: the payload, and how it failed if it did."""

    payload: bytes
    error: str | None
    """``Unhandled`` (the value of ``X-Amz-Function-Error``), or None."""
    request_id: str
    duration_s: float
    version: str = LATEST

    def value(self) -> Any:
        """Parse the payload."""
        return json.loads(self.payload)


@dataclass(frozen=True)
class FailedEvent:
    """An asynchronous event that failed after all its retries: what the dead-letter queue would hold."""

    job: str
    payload: bytes
    error: Mapping[str, Any]


@dataclass(frozen=True)
class Context:
    """The part of Lambda's context object that handlers and Powertools use."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    aws_request_id: str
    deadline: float
    function_version: str = LATEST
    log_group_name: str = "local"
    log_stream_name: str = "local"

    def get_remaining_time_in_millis(self) -> int:
        """Time to the function's timeout, never negative."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def load_handler(job: str) -> Handler:
    """Import ``functions/<job>/handler.py`` and return its handler."""
    handler: Handler = importlib.import_module(f"functions.{job}.handler").handler
    return handler


@dataclass
class LocalFunctions:
    """The functions of the template, callable by name or ARN.

    Parameters
    ----------
    parts
        Job name to function.
    logs
        Where what handlers print goes.
    load
        How a job's handler is found; imported on the function's first invocation, as a cold start does.
    versions
        Number of a version to how its handlers are found, for versions other than the one that the template publishes:
        so a test serves an older version from elsewhere.
    """

    parts: Mapping[str, FunctionPart]
    logs: InvocationLogs
    load: Callable[[str], Handler] = load_handler
    versions: Mapping[str, Callable[[str], Handler]] = field(default_factory=dict)
    failed_events: list[FailedEvent] = field(default_factory=list)
    _handlers: dict[tuple[str, str], Handler] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pending: set[Future[None]] = field(default_factory=set)
    _loops: list[asyncio.AbstractEventLoop] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Mangum asks for the thread's event loop; on Lambda the main thread has one.
        self._workers = ThreadPoolExecutor(THREADS, "function", initializer=self._give_thread_a_loop)
        # Threads of their own for those that wait for other functions, or they could take all and wait for ever.
        self._waiting = ThreadPoolExecutor(THREADS, "waiting", initializer=self._give_thread_a_loop)
        self._events = ThreadPoolExecutor(THREADS, "event")
        self._turns: dict[tuple[str, str], threading.Lock] = {}

    def find(self, name: str, qualifier: str | None = None) -> tuple[FunctionPart, str]:
        """Find a function by name, ARN or job, with a version or an alias or without.

        Returns
        -------
        FunctionPart, str
            The function, and the version that runs.

        Raises
        ------
        UnknownFunctionError
            When there is none, or no such version.
        """
        plain, _, qualified = name.split(":function:")[-1].partition(":")
        asked = qualifier or qualified or LATEST
        version = self.aliases().get(asked, asked)
        for part in self.parts.values():
            if plain in (part.name, part.job) and version in self.published():
                return part, version
        raise UnknownFunctionError(f"Function not found: {name}")

    def published(self) -> list[str]:
        """Versions of every function."""
        return [LATEST, *sorted({FIRST_VERSION, *self.versions})]

    def aliases(self) -> dict[str, str]:
        """Aliases of every function, each with its version."""
        return {LIVE: FIRST_VERSION}

    def invoke(self, name: str, payload: bytes, qualifier: str | None = None) -> Invocation:
        """Invoke and wait, at most for the function's timeout."""
        part, version = self.find(name, qualifier)
        request_id = str(uuid.uuid4())
        turn = self._turn(part, version)
        if turn is not None:
            turn.acquire()
        started = time.monotonic()
        context = Context(part.name, part.arn, part.memory_mb, request_id, started + part.timeout_s, version)
        workers = self._waiting if part.concurrent else self._workers
        future = workers.submit(self._run, part, payload, context)
        if turn is not None:
            future.add_done_callback(lambda _: turn.release())
        error: str | None = None
        try:
            answer = future.result(timeout=part.timeout_s)
            if len(answer) > MAX_SYNC_BYTES:
                error = "Unhandled"
                answer = _error(
                    "Function.ResponseSizeTooLarge", f"Response payload size exceeded {MAX_SYNC_BYTES} bytes"
                )
        except FutureTimeoutError:
            # A thread cannot be killed: the handler goes on, but nobody hears its answer, as on AWS.
            error = "Unhandled"
            answer = _error(
                "Sandbox.Timedout", f"RequestId: {request_id} Error: Task timed out after {part.timeout_s}.00 seconds"
            )
        except _HandlerFailedError as failure:
            error, answer = "Unhandled", failure.payload
        return Invocation(answer, error, request_id, time.monotonic() - started, version)

    def invoke_event(self, name: str, payload: bytes, qualifier: str | None = None) -> None:
        """Invoke asynchronously: return at once, try again on failure as the template says."""
        part, version = self.find(name, qualifier)
        future = self._events.submit(self._deliver, part, payload, version)
        with self._lock:
            self._pending.add(future)
        future.add_done_callback(self._forget)

    def wait_for_events(self, timeout_s: float) -> bool:
        """Wait until no asynchronous event is under way; False when time ran out."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            with self._lock:
                if not self._pending:
                    return True
            time.sleep(0.01)
        return False

    def close(self) -> None:
        """Take no more invocations; those under way end."""
        self._events.shutdown(wait=True, cancel_futures=True)
        self._waiting.shutdown(wait=True, cancel_futures=True)
        self._workers.shutdown(wait=True, cancel_futures=True)

        for loop in self._loops:
            loop.close()

    def _give_thread_a_loop(self) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        self._loops.append(loop)

    def _forget(self, future: Future[None]) -> None:
        with self._lock:
            self._pending.discard(future)

    def _deliver(self, part: FunctionPart, payload: bytes, version: str) -> None:
        """Deliver one event; AWS waits minutes between tries, here they follow at once."""
        for attempt in range(part.retries + 1):
            result = self.invoke(part.name, payload, version)
            if result.error is None:
                return
            if attempt == part.retries:
                self.failed_events.append(FailedEvent(part.job, payload, result.value()))

    def _run(self, part: FunctionPart, payload: bytes, context: Context) -> bytes:
        with self.logs.of(part.job):
            try:
                handler = self._handler(part.job, context.function_version)
                return json.dumps(handler(json.loads(payload or b"{}"), context)).encode()
            except Exception as error:
                raise _HandlerFailedError(_error_of(error)) from error

    def _turn(self, part: FunctionPart, version: str) -> threading.Lock | None:
        """What makes a function's invocations take turns; a version that is served from elsewhere has its own."""
        if part.concurrent:
            return None
        with self._lock:
            return self._turns.setdefault(self._served(part.job, version), threading.Lock())

    def _served(self, job: str, version: str) -> tuple[str, str]:
        return job, version if version in self.versions else LATEST

    def _handler(self, job: str, version: str) -> Handler:
        load = self.versions.get(version, self.load)
        key = self._served(job, version)
        with self._lock:
            if key not in self._handlers:
                self._handlers[key] = load(job)
            return self._handlers[key]


class _HandlerFailedError(Exception):
    def __init__(self, payload: bytes) -> None:
        super().__init__(payload.decode())
        self.payload = payload


def _error_of(error: BaseException) -> bytes:
    return _error(type(error).__name__, str(error), traceback.format_tb(error.__traceback__))


def _error(kind: str, message: str, trace: list[str] | None = None) -> bytes:
    return json.dumps({"errorMessage": message, "errorType": kind, "stackTrace": trace or []}).encode()
