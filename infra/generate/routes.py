"""docs/routes.md: every route of the API in a line, made from the OpenAPI document."""

from __future__ import annotations

_INTRODUCTION = """# Routes

Made from the routes by `python -m infra.generate`. A token with the scope `admin` opens every route.
Parameters, answers and examples: [openapi.json](openapi.json), or `/docs` of a running server.

| route | scope | what |
|---|---|---|
"""


def routes_page() -> str:
    """The page."""
    # Imported here, because routes read the catalogue when they are imported, and it may be written before.
    from candlecloud.api import openapi
    from candlecloud.api.app import create_app

    lines = []
    for name, operation in openapi.operations(openapi.document(create_app(None))):
        method, path = name.split(" ")
        scopes = [scope for item in operation.get("security", []) for names in item.values() for scope in names]
        lines.append(f"| `{method.upper()} {path}` | {', '.join(scopes) or 'none'} | {operation['summary']} |\n")
    return _INTRODUCTION + "".join(lines)
