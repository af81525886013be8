"""GET /openapi.json and GET /docs: the contract for programs and for people, with nothing from another host."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from candlecloud.api import etag, openapi
from candlecloud.api.documentation_page import render
from candlecloud.api.guards import GuardedRoute

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


@router.get("/openapi.json")
async def openapi_document(request: Request) -> Response:
    """The OpenAPI 3.1 document."""
    return etag.answer(request, openapi.as_json(request.app))


@router.get("/docs", responses={200: {"content": {"text/html": {}}}})
async def documentation(request: Request) -> Response:
    """The same document as one self-contained page without scripts."""
    return etag.answer(
        request,
        render(openapi.as_json(request.app)),
        "text/html; charset=utf-8",
        headers={"Content-Security-Policy": _POLICY},
    )
