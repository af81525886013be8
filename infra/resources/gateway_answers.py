"""What API Gateway itself answers, in the same problem+json envelope as the function's own errors.

Gateway templates replace ``$context`` variables and nothing else, so each answer is written out with its status.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class GatewayAnswer:
    """One answer: the status and code of candlecloud's own table, and what to do."""

    status: int
    title: str
    code: str
    detail: str
    hint: str


_TOKEN = "Send 'Authorization: Bearer <token>'; 'candlecloud tokens' mints one."
_REPORT = "Try again. If it fails again, report the request_id."
_INTERNAL = GatewayAnswer(
    500, "Internal Server Error", "internal_error", "The request could not be processed.", _REPORT
)
_FORBIDDEN = GatewayAnswer(403, "Forbidden", "forbidden", "The request is not allowed.", _TOKEN)
_TIMEOUT = GatewayAnswer(
    504,
    "Gateway Timeout",
    "timeout",
    "The request took longer than 29 seconds.",
    "Ask for less at once, or start the work with POST /runs or POST /sweeps and poll its Location.",
)
# API Gateway got nothing from Lambda: no room for one more invocation, or trouble of its own.
_BUSY = GatewayAnswer(
    503,
    "Service Unavailable",
    "not_ready",
    "The service is busy.",
    "Wait as Retry-After says, then try again.",
)
_SLOW_DOWN = GatewayAnswer(
    429, "Too Many Requests", "rate_limited", "Too many requests at once.", "Wait as Retry-After says, then try again."
)
_BAD_REQUEST = GatewayAnswer(
    400, "Bad Request", "invalid_request", "The request could not be read.", "GET /openapi.json describes every route."
)
_NOT_FOUND = GatewayAnswer(
    404, "Not Found", "not_found", "There is no such route.", "GET /openapi.json lists every route."
)

ANSWERS: dict[str, GatewayAnswer] = {
    "ACCESS_DENIED": _FORBIDDEN,
    "API_CONFIGURATION_ERROR": _INTERNAL,
    "AUTHORIZER_CONFIGURATION_ERROR": _INTERNAL,
    "AUTHORIZER_FAILURE": _INTERNAL,
    "BAD_REQUEST_BODY": _BAD_REQUEST,
    "BAD_REQUEST_PARAMETERS": _BAD_REQUEST,
    "DEFAULT_4XX": _BAD_REQUEST,
    "DEFAULT_5XX": _INTERNAL,
    "EXPIRED_TOKEN": _FORBIDDEN,
    "INTEGRATION_FAILURE": _BUSY,
    "INTEGRATION_TIMEOUT": _TIMEOUT,
    "INVALID_API_KEY": _FORBIDDEN,
    "INVALID_SIGNATURE": _FORBIDDEN,
    # API Gateway says "missing authentication token" for a route that does not exist.
    "MISSING_AUTHENTICATION_TOKEN": _NOT_FOUND,
    "QUOTA_EXCEEDED": _SLOW_DOWN,
    "REQUEST_TOO_LARGE": GatewayAnswer(
        413,
        "Content Too Large",
        "body_too_large",
        "The body is larger than the 10 MB that the gateway takes.",
        "Send a smaller body; split the request if needed.",
    ),
    "RESOURCE_NOT_FOUND": _NOT_FOUND,
    "THROTTLED": _SLOW_DOWN,
    "UNAUTHORIZED": GatewayAnswer(401, "Unauthorized", "unauthorized", "The request carries no valid token.", _TOKEN),
    "UNSUPPORTED_MEDIA_TYPE": GatewayAnswer(
        415,
        "Unsupported Media Type",
        "unsupported_media_type",
        "The body's media type is not supported.",
        "Send the body as JSON with 'Content-Type: application/json'.",
    ),
    "WAF_FILTERED": _FORBIDDEN,
}
"""Response type of API Gateway to answer."""


def answer_template(answer: GatewayAnswer) -> str:
    """Write the body of an answer as a gateway template."""
    return json.dumps(
        {
            "type": f"/docs#{answer.code}",
            "title": answer.title,
            "status": answer.status,
            "detail": answer.detail,
            "instance": "$context.path",
            "code": answer.code,
            "message": answer.detail,
            "hint": answer.hint,
            "request_id": "$context.requestId",
            "details": {"gateway": "$context.error.responseType"},
        }
    )


def create_gateway_answers(api: apigateway.RestApi) -> None:
    """Give the API every answer of the table."""
    for response_type, answer in ANSWERS.items():
        headers = {"Content-Type": f"'{MEDIA_TYPE}'", "Cache-Control": "'no-store'"}
        if answer.status == 401:
            headers["WWW-Authenticate"] = "'Bearer'"
        if answer.status in (429, 503):
            headers["Retry-After"] = "'2'"
        api.add_gateway_response(
            f"Answer-{response_type}",
            type=apigateway.ResponseType.of(response_type),
            status_code=str(answer.status),
            response_headers=headers,
            templates={"application/json": answer_template(answer)},
        )
