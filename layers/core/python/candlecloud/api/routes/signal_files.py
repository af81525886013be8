"""PUT and POST /signals/files, GET /signals/files/{signals_id}: target positions of the user's own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from candlecloud.api import etag
from candlecloud.api.app_context import App, AppContext
from candlecloud.api.file_body import read_file_body
from candlecloud.api.guards import GuardedRoute, needs
from candlecloud.api.large_answers import LINK_SECONDS
from candlecloud.api.location import place_of
from candlecloud.api.negotiation import JSON
from candlecloud.api.previews import reported_error
from candlecloud.api.responses import LOCATION, both_forms, problems
from candlecloud.api.schemas.signal_files import SignalFile, SignalFileQuery, SignalFileWanted, UploadLink
from candlecloud.contract.signals_upload import MEDIA_TYPES, MediaType, SignalsUpload
from candlecloud.errors import ConflictError, SignalsNotFoundError
from candlecloud.strategies.signals.spec import MEANING, NOT_TESTABLE, SHIFT

router = APIRouter(route_class=GuardedRoute, tags=["backtests"])

SignalsId = Annotated[str, Path(pattern=r"^signals_[0-9a-f]{32}$", description="From `PUT /signals/files`")]
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.put(
    "/signals/files",
    dependencies=needs("run"),
    summary="Bring target positions of your own",
    response_model=SignalFile,
    responses={200: {"headers": LOCATION}, **problems(404, 413, 415)},
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(MEDIA_TYPES, _BINARY)}},
)
async def put_signal_file(request: Request, app: App, query: Annotated[SignalFileQuery, Query()]) -> Response:
    """Check a file of `open_time, target[, size]` and keep it; runs and sweeps name it by its id.

    A row says which position is wanted after the close of the bar that opens at `open_time`; it fills at the next open.
    The body is the file: CSV, Parquet or Arrow, up to 4 MB; for a larger one see `POST /signals/files`. `target` is
    a fraction from -1 to 1, `size` one from 0 to 1. For several sets add a column `set`, or name the columns
    `target_0`, `target_1` and so on. A wrong cell is refused with its row.
    """
    content_type, body = await read_file_body(request)
    digest = hashlib.sha256(body).hexdigest()
    app.stores.signals.put_upload(digest, body, content_type)
    asked = SignalsUpload(
        exchange=query.exchange,
        symbol=query.symbol_key,
        timeframe=query.timeframe,
        content_type=cast(MediaType, content_type),
        sha256=digest,
        bytes=len(body),
    )
    return _kept(request, app, asked)


@router.post(
    "/signals/files",
    dependencies=needs("run"),
    summary="Bring a large file of target positions",
    response_model=SignalFile,
    responses={
        200: {"headers": LOCATION},
        202: {"model": SignalFileWanted, "description": "Send the file to the link, then this request again"},
        **problems(404),
    },
)
async def post_signal_file(request: Request, app: App, body: SignalsUpload) -> Response:
    """Like `PUT /signals/files` for files up to 64 MB, which go to the store by a link.

    Send the file's hash and size. Where the file is not there yet, the answer has a link for it; send the file to it
    and the same request again, without an Idempotency-Key.
    """
    if app.stores.signals.has_upload(body.sha256):
        return _kept(request, app, body)
    if not app.options.upload_links:
        raise ConflictError(
            "The store of this deployment has no address that a link could lead to (local mode).",
            hint="Send the file with PUT /signals/files; Parquet is the smallest form.",
        )
    url, headers = app.stores.signals.upload_link(body.sha256, body.bytes, body.content_type, LINK_SECONDS)
    link = UploadLink(
        method="PUT",
        url=url,
        headers=headers,
        **both_forms(expires_at=app.clock() + LINK_SECONDS * 1000),
    )
    return Response(SignalFileWanted(upload=link).model_dump_json(), 202, media_type=JSON)


@router.get(
    "/signals/files/{signals_id}",
    dependencies=needs("read"),
    summary="A file of target positions",
    response_model=SignalFile,
    responses=problems(404),
)
async def get_signal_file(request: Request, app: App, signals_id: SignalsId) -> Response:
    """What a checked file holds. The answer never changes."""
    file = app.stores.signals.get(signals_id)
    if file is None:
        raise SignalsNotFoundError(f"There are no signals {signals_id}.", signals_id=signals_id)
    return etag.answer(request, _shown(file.describe()), immutable=True)


def _kept(request: Request, app: AppContext, asked: SignalsUpload) -> Response:
    """Have an uploaded file checked and stored, and say what it holds."""
    report = app.dispatcher.ask("check_signals", asked.to_dict())
    if report["error"] is not None:
        raise reported_error(report["error"])
    shown = _shown(report["answer"])
    place = {"Location": place_of(request, f"/signals/files/{shown.signals_id}")}
    return Response(shown.model_dump_json(), 200, place, JSON)


def _shown(found: Mapping[str, Any]) -> SignalFile:
    told = {name: found[name] for name in SignalFile.model_fields if name in found}
    decided = found["first_decision"]
    times = both_forms(
        first_open=found["first_open"], last_open=found["last_open"], first_decision=decided, first_fill=decided
    )
    said = {"meaning": MEANING, "shift": SHIFT, "look_ahead_test": NOT_TESTABLE}
    return SignalFile.model_validate({**told, **times, **said})
