"""A request's body that is a file: bounded, of a known type, read once."""

from __future__ import annotations

from starlette.requests import Request

from candlecloud.api.errors import BodyTooLargeError, UnsupportedMediaTypeError
from candlecloud.contract.signals_upload import MEDIA_TYPES
from candlecloud.errors import InvalidParameterError

MAX_FILE_BYTES = 4 * 1024 * 1024
"""Lambda takes 6 MB, and a binary body reaches it as base64, a third longer."""


async def read_file_body(request: Request) -> tuple[str, bytes]:
    """Read a file: its media type and its bytes.

    Raises
    ------
    UnsupportedMediaTypeError, BodyTooLargeError
    InvalidParameterError
        If it is empty.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in MEDIA_TYPES:
        said = f"The body's Content-Type is {content_type[:80]!r}." if content_type else "The body has no Content-Type."
        raise UnsupportedMediaTypeError(
            said, hint=f"Send the file as one of: {', '.join(MEDIA_TYPES)}.", field="Content-Type"
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError(
            "The body is compressed.", hint="Send it uncompressed, or as Parquet.", field="Content-Encoding"
        )
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > MAX_FILE_BYTES:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FILE_BYTES:
            raise _too_large()
    if not body:
        raise InvalidParameterError("The file is empty.", hint="Send the file as the body.", field="file")
    return content_type, bytes(body)


def _too_large() -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The file is larger than {MAX_FILE_BYTES} bytes.",
        hint="Send its sha256 and bytes to POST /signals/files, which gives a link for it; or write it as Parquet.",
        limit_bytes=MAX_FILE_BYTES,
    )
