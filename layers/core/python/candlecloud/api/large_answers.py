"""Answers above a megabyte leave by a link to the lake: Lambda carries 6 MB and API Gateway 10 MB, S3 carries all."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from candlecloud.api import etag
from candlecloud.api.app_context import AppContext
from candlecloud.api.negotiation import ARROW, JSON, PARQUET
from candlecloud.store import keys

LINK_SECONDS = 900
_FORMATS = {JSON: "json", ARROW: "arrow", PARQUET: "parquet"}


def deliver(
    request: Request,
    app: AppContext,
    body: bytes,
    media_type: str,
    *,
    immutable: bool,
    stored_at: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Answer with the body, or with 303 and a link that reads it for 15 minutes.

    Parameters
    ----------
    stored_at : str, optional
        Key of the object that already holds the body; without it a large body is written under the hash of its
        content.
    """
    if len(body) <= app.options.max_inline_bytes:
        return etag.answer(request, body, media_type, immutable=immutable, headers=headers)
    objects = app.stores.objects
    key = stored_at
    if key is None:
        key = keys.export_object(hashlib.sha256(body).hexdigest(), _FORMATS[media_type])
        objects.put(key, body, content_type=media_type)
    link = objects.presigned_url(key, LINK_SECONDS)
    return Response(status_code=303, headers={**(headers or {}), "Location": link, "Cache-Control": "no-store"})
