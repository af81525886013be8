"""API Gateway in: the HTTP contract."""

from __future__ import annotations

from typing import Any, cast

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from candlecloud.api.app import create_app
from candlecloud.api.app_context import ApiOptions, AppContext
from candlecloud.settings import ApiSettings
from candlecloud.wiring import Runtime, declare, runtime_of

declare("api", ApiSettings)


def _adapter(runtime: Runtime) -> Mangum:
    settings = cast(ApiSettings, runtime.settings)
    options = ApiOptions(
        max_wait_s=settings.max_wait_s,
        allowed_age_s=settings.allowed_age_s,
        max_inline_bytes=settings.max_inline_bytes,
        git_hash=settings.git_hash,
        batches_at_once=settings.batches_at_once,
        upload_links=settings.upload_links,
    )
    app = create_app(AppContext(runtime.stores, runtime.dispatcher, runtime.clock, options))
    return Mangum(app, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, "application/problem+json"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    runtime = runtime_of("api")
    return runtime.once("http", lambda: _adapter(runtime))(event, context)
