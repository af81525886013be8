"""Answers to GET with strong ETags: the tag is a digest of the bytes, so equal tags are equal answers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from candlecloud.api.negotiation import JSON

_IMMUTABLE = "private, max-age=31536000, immutable"
_REVALIDATE = "private, no-cache"


def answer(
    request: Request,
    body: bytes | BaseModel,
    media_type: str = JSON,
    *,
    immutable: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The body with its ETag, or 304 where the client already has it.

    Parameters
    ----------
    immutable : bool
        The answer to this URL will never be another one (a finished run, an instant in the past): clients may keep it
        without asking again.
    """
    content = body if isinstance(body, bytes) else body.model_dump_json().encode()
    tag = f'"{hashlib.sha256(media_type.encode() + content).hexdigest()[:32]}"'
    fixed = {
        **(headers or {}),
        "ETag": tag,
        "Cache-Control": _IMMUTABLE if immutable else _REVALIDATE,
        "Vary": "Accept, Authorization",
    }
    if _matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=fixed)
    return Response(content, media_type=media_type, headers=fixed)


def _matches(header: str | None, tag: str) -> bool:
    if header is None:
        return False
    candidates = [item.strip().removeprefix("W/") for item in header.split(",")]
    return "*" in candidates or tag in candidates
