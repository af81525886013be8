"""Around every request: an id, a readable URL, safe headers, and no error that leaves without the error body."""

from __future__ import annotations

import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from candlecloud.api.errors import InternalError, InvalidRequestError, problem_response
from candlecloud.errors import CandlecloudError
from candlecloud.telemetry import logger

REQUEST_ID_HEADER = "X-Request-Id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}\Z")
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f]|%00", re.IGNORECASE)


class RequestContext:
    """ASGI middleware; the outermost one of ours.

    It takes over the client's ``X-Request-Id`` where that is 8 to 128 characters of ``[A-Za-z0-9._-]`` and issues one
    otherwise, so that nothing else gets into the log. It notes when the request began (``state.started_s``, seconds of
    the monotonic clock): waits are counted from there. An exception that no handler knows becomes ``internal_error``:
    the log gets the stack trace, the client the id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = accept_request_id(Headers(scope=scope).get(REQUEST_ID_HEADER))
        scope.setdefault("state", {}).update(request_id=request_id, started_s=time.monotonic())
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        error: CandlecloudError
        try:
            _check_path(scope["path"])
            await self.app(scope, receive, send_with_headers)
        except InvalidRequestError as found:
            error = found
        except Exception as found:
            logger("api").exception("unexpected error", request_id=request_id, method=scope["method"])
            if started:
                raise
            error = InternalError("Something went wrong on our side.")
            error.__cause__ = found
        else:
            return
        response = problem_response(error, instance=_printable(scope["path"]), request_id=request_id)
        await response(scope, receive, send_with_headers)


def accept_request_id(given: str | None) -> str:
    """The client's id where it is well-formed, else a new one."""
    return given if given and _REQUEST_ID.match(given) else uuid.uuid4().hex


def _check_path(path: str) -> None:
    if _UNREADABLE.search(path):
        raise InvalidRequestError("The path contains a control character.", field="path")


def _printable(path: str) -> str:
    return _UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", path)[:200]
