"""Making the documentation's calls against a real application."""

from __future__ import annotations

from typing import Any

from httpx2 import Response

from tests.support.api_world import ApiWorld

IDENTITIES = ("run_id", "sweep_id", "code_version", "next_cursor")
"""Values that depend on the code's own hash: a change of the engine renames them without changing the contract."""


_BEGINNING = 400


def play(world: ApiWorld, call: dict[str, Any], names: dict[str, str] | None = None) -> Response:
    """Make one call; `names` maps recorded identities to those of today."""
    request = translate(call["request"], names or {})
    scope = call.get("scope", "admin")
    headers = ({} if scope == "none" else world.headers(scope)) | request.get("header", {})
    headers |= {"Content-Type": request["media"]} if "media" in request else {}
    world.dispatcher.deferred = call["name"] == "still_running"
    return world.client.request(
        call["method"].upper(),
        call["path"].format(**request.get("path", {})),
        params=request.get("query"),
        headers=headers,
        **_body(request),
    )


def _body(request: dict[str, Any]) -> dict[str, Any]:
    """What the client is told to send: JSON, or a file."""
    if "media" not in request:
        return {"json": request.get("body")}
    return {"content": request["body"]}


def shown_of(response: Response) -> Any:
    """What the documentation shows of an answer: all of it, or how a page begins."""
    return response.text[:_BEGINNING] if media_of(response) else response.json()


def media_of(response: Response) -> dict[str, str]:
    """The answer's media type as a field of the recorded call, where it is not JSON."""
    media = response.headers["content-type"].partition(";")[0]
    return {} if media.endswith("json") else {"media": media}


def translate(value: Any, names: dict[str, str]) -> Any:
    """Replace recorded identities by those of today, wherever they stand."""
    if isinstance(value, dict):
        return {key: translate(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [translate(item, names) for item in value]
    if isinstance(value, str):
        for old, new in names.items():
            value = value.replace(old, new)
    return value


def learn_names(recorded: Any, found: Any, names: dict[str, str]) -> None:
    """Note what the identities of a recorded answer are called today."""
    if isinstance(recorded, dict) and isinstance(found, dict):
        for key in recorded.keys() & found.keys():
            if key in IDENTITIES and isinstance(recorded[key], str):
                names[recorded[key]] = found[key]
            learn_names(recorded[key], found[key], names)
