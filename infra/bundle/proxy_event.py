"""REST API proxy events (payload 1.0), as API Gateway hands them to the api function."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any


def proxy_event(
    method: str,
    path: str,
    token: str,
    *,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
    accept: str = "application/json",
) -> dict[str, Any]:
    """Write the event of one request; bodies are base64, because the API takes every type as binary."""
    headers = {"Host": "bundle", "Authorization": f"Bearer {token}", "Accept": accept}
    if body is not None:
        headers["Content-Type"] = "application/json"
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": query and {name: [value] for name, value in query.items()},
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "stage": "v1",
            "requestId": "bundle",
            "httpMethod": method,
            "path": f"/v1{path}",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None if body is None else base64.b64encode(json.dumps(body).encode()).decode(),
        "isBase64Encoded": body is not None,
    }
