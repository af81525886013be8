"""Where the Location header points: behind API Gateway every path carries the stage, which routes don't know."""

from __future__ import annotations

from starlette.requests import Request


def place_of(request: Request, path: str) -> str:
    """The path of a resource as a client of this request must ask for it, such as ``/v1/runs/run_...``.

    API Gateway tells the path that the client asked for beside the one that we route by; what the first has in front
    of the second is the prefix.
    """
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    asked, routed = str(context.get("path") or ""), str(request.scope["path"])
    return asked.removesuffix(routed) + path if asked.endswith(routed) else path
