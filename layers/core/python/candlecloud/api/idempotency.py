"""Idempotency-Key on a POST: the work is done once, its answer is given again.

A key belongs to one token and one route. Only answers below 400 are kept: a request that was refused did nothing, so
the same key may be used again once the cause is gone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from candlecloud.api.app_context import app_context
from candlecloud.api.errors import InvalidRequestError
from candlecloud.api.json_body import JsonRequest
from candlecloud.errors import ConflictError

HEADER = "Idempotency-Key"
PATTERN = r"^[!-~]{1,200}$"
_KEPT_HEADERS = ("content-type", "location")


async def once(request: JsonRequest, route: str, handle: Callable[[Request], Awaitable[Response]]) -> Response:
    """Answer a POST, with the kept answer where this token has sent the same key and body to this route before.

    Raises
    ------
    InvalidRequestError
        If the key is not 1 to 200 printable ASCII characters.
    IdempotencyConflictError
        If the key came with another body before.
    ConflictError
        If a request with this key is still being answered.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return await handle(request)
    if not re.match(PATTERN, key):
        raise InvalidRequestError("The Idempotency-Key must be 1 to 200 printable ASCII characters.", field=HEADER)
    app = app_context(request)
    store = app.stores.idempotency
    claim = store.claim(
        _digest(request.state.token.token_id, route, key), hashlib.sha256(request.content).hexdigest(), app.clock()
    )
    if claim.state == "replay" and claim.reply is not None:
        headers = {**claim.reply.headers, "Idempotent-Replayed": "true"}
        return Response(claim.reply.body, status_code=claim.reply.status, headers=headers)
    if claim.state != "new":
        raise ConflictError(
            "A request with this Idempotency-Key is still being answered.", hint="Send it again in a few seconds."
        )
    try:
        response = await handle(request)
    except BaseException:
        store.release(claim)
        raise
    if response.status_code < 400:
        kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        store.complete(claim, response.status_code, kept, bytes(response.body))
    else:
        store.release(claim)
    return response


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
