"""API Gateway in: the HTTP contract."""

from __future__ import annotations

from typing import Any, cast

from mangum import Mangum
from mangum.adapter import DEFAULT_TEXT_MIME_TYPES

from candlecloud.api.app import create_app
from candlecloud.api.dependencies import ApiOptions, Dependencies
from candlecloud.settings import ApiSettings
from candlecloud.wiring import World, declare, world_of

declare("api", ApiSettings)


def _adapter(world: World) -> Mangum:
    settings = cast(ApiSettings, world.settings)
    options = ApiOptions(
        max_wait_s=settings.max_wait_s,
        allowed_age_s=settings.allowed_age_s,
        max_inline_bytes=settings.max_inline_bytes,
        git_hash=settings.git_hash,
        batches_at_once=settings.batches_at_once,
    )
    app = create_app(Dependencies(world.stores, world.dispatcher, world.clock, options))
    return Mangum(app, lifespan="off", text_mime_types=[*DEFAULT_TEXT_MIME_TYPES, "application/problem+json"])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    world = world_of("api")
    return world.once("http", lambda: _adapter(world))(event, context)
