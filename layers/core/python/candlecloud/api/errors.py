"""Errors on the wire: one table from code to status, one body (RFC 9457) for every answer that isn't 2xx or 304."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from candlecloud.errors import CandlecloudError

PROBLEM_JSON = "application/problem+json"
_RETRY_AFTER_S = 2


class UseJsonBodyError(CandlecloudError):
    """A POST carried query parameters."""

    code = "use_json_body"
    default_hint = "Move these parameters into the JSON body. A POST reads no query parameters."


class InvalidJsonError(CandlecloudError):
    code = "invalid_json"
    default_hint = "Send one JSON object in UTF-8, with finite numbers below 2^63 and no repeated keys."


class InvalidRequestError(CandlecloudError):
    """The URL or a header can't be read, whatever the route."""

    code = "invalid_request"
    default_hint = "Correct the named part of the request and send it again."


class InvalidCursorError(CandlecloudError):
    code = "invalid_cursor"
    default_hint = (
        "Send next_cursor of the previous page unchanged with the same filters, or leave it out to start over."
    )


class BodyTooLargeError(CandlecloudError):
    code = "body_too_large"
    default_hint = "Send a smaller body; split the request if needed."


class UnsupportedMediaTypeError(CandlecloudError):
    code = "unsupported_media_type"
    default_hint = "Send the body as JSON with 'Content-Type: application/json'."


class NotAcceptableError(CandlecloudError):
    code = "not_acceptable"
    default_hint = "Ask for one of details.available in the Accept header, or send no Accept header for JSON."


class RouteNotFoundError(CandlecloudError):
    code = "not_found"
    default_hint = "GET /openapi.json lists every route."


class MethodNotAllowedError(CandlecloudError):
    code = "method_not_allowed"
    default_hint = "Use one of the methods in the Allow header."


class NotReadyError(CandlecloudError):
    code = "not_ready"
    default_hint = "Try again in a few seconds."


class InternalError(CandlecloudError):
    """An error of ours; the log has it under the request id, the answer shows nothing of it."""

    code = "internal_error"
    default_hint = "Try again. If it fails again, report the request_id."


STATUS: Mapping[str, int] = {
    "error": 500,
    # The request, as a message
    "use_json_body": 400,
    "invalid_json": 400,
    "invalid_request": 400,
    "invalid_cursor": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    # What it asks for
    "invalid_input": 422,
    "invalid_symbol": 422,
    "invalid_timeframe": 422,
    "invalid_range": 422,
    "invalid_parameter": 422,
    "unknown_exchange": 422,
    "unknown_symbol": 422,
    "unknown_strategy": 422,
    "unknown_feature": 422,
    "insufficient_data": 422,
    "look_ahead": 422,
    "series_not_found": 404,
    "run_not_found": 404,
    "sweep_not_found": 404,
    "signals_not_found": 404,
    "conflict": 409,
    "idempotency_conflict": 409,
    # What stands behind us
    "rate_limited": 429,
    "exchange_error": 502,
    "malformed_response": 502,
    "wrong_market": 502,
    "region_refused": 502,
    "exchange_unavailable": 503,
    "store_unavailable": 503,
    "not_ready": 503,
    "timeout": 504,  # only API Gateway itself says so
    "corrupt_object": 500,
    "internal_error": 500,
}
"""Code to status. `code` is the contract; a test holds that every `CandlecloudError` has a row."""


def problem(error: CandlecloudError, *, instance: str, request_id: str) -> dict[str, Any]:
    """The body of an error answer.

    Parameters
    ----------
    error : CandlecloudError
    instance : str
        Path of the request.
    request_id : str
        The id that the log carries.
    """
    status = STATUS.get(error.code, 500)
    return {
        "type": f"/docs#{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.message,
        "instance": instance,
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "request_id": request_id,
        "details": error.details,
    }


def problem_response(error: CandlecloudError, *, instance: str, request_id: str) -> Response:
    """The error as an answer, with the headers that belong to its status."""
    body = problem(error, instance=instance, request_id=request_id)
    return Response(
        json.dumps(body, ensure_ascii=False, default=str, separators=(",", ":")).encode("utf-8", "replace"),
        status_code=body["status"],
        media_type=PROBLEM_JSON,
        headers=_headers(error, body["status"]),
    )


def _headers(error: CandlecloudError, status: int) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    elif status == 403:
        headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{error.details.get("needed", "")}"'
    elif status in (429, 503):
        headers["Retry-After"] = str(max(1, round(error.details.get("retry_after_s") or _RETRY_AFTER_S)))
    elif status == 405:
        headers["Allow"] = ", ".join(error.details.get("allowed", ()))
    return headers
