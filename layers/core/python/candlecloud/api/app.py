"""The application: routes, guards and the error body put together."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from candlecloud import __version__
from candlecloud.api import validation
from candlecloud.api.app_context import AppContext
from candlecloud.api.errors import problem_response
from candlecloud.api.request_context import RequestContext
from candlecloud.api.routes import routers
from candlecloud.errors import CandlecloudError


def create_app(context: AppContext | None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    context : AppContext or None
        None makes an application that can only describe itself (for the OpenAPI document).
    """
    app = FastAPI(
        title="candlecloud",
        version=__version__,
        # FastAPI's own pages load scripts from a CDN; routes/documentation.py serves both documents itself.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    for router in routers():
        app.include_router(router)
    app.add_middleware(RequestContext)
    app.add_exception_handler(CandlecloudError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    return app


async def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, CandlecloudError)
    return problem_response(error, instance=request.scope["path"], request_id=request.state.request_id)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return await _on_error(request, validation.from_validation(error, request.scope.get("route")))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return await _on_error(request, validation.from_http(error))
