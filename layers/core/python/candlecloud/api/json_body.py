"""A request's body: bounded, JSON, an object, read once."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from candlecloud.api import negotiation, strict_json
from candlecloud.api.errors import BodyTooLargeError, InvalidJsonError, UnsupportedMediaTypeError

MAX_BODY_BYTES = 256 * 1024


class JsonRequest(Request):
    """A request whose body has been read and parsed; FastAPI gets both as they are."""

    def __init__(self, request: Request, content: bytes, value: dict[str, Any]) -> None:
        super().__init__(request.scope, request.receive)
        self.content = content
        self.value = value

    async def body(self) -> bytes:
        return self.content

    async def json(self) -> dict[str, Any]:
        return self.value


async def read_body(request: Request) -> JsonRequest:
    """Read a bounded JSON object, strictly.

    Raises
    ------
    UnsupportedMediaTypeError, BodyTooLargeError, InvalidJsonError
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != negotiation.JSON:
        said = f"The body's Content-Type is {content_type[:80]!r}." if content_type else "The body has no Content-Type."
        raise UnsupportedMediaTypeError(said, field="Content-Type")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError(
            "The body is compressed.", hint="Send it uncompressed.", field="Content-Encoding"
        )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > MAX_BODY_BYTES:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
    value = strict_json.parse(bytes(body))
    if not isinstance(value, dict):
        raise InvalidJsonError("The body is JSON, but not an object.")
    return JsonRequest(request, bytes(body), value)


def _too_large() -> BodyTooLargeError:
    return BodyTooLargeError(f"The body is larger than {MAX_BODY_BYTES} bytes.", limit_bytes=MAX_BODY_BYTES)
