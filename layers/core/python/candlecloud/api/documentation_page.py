"""The documentation as one HTML page: written on the server, no script, nothing loaded from anywhere."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlencode

from candlecloud.api import openapi
from candlecloud.api.errors import STATUS
from candlecloud.errors import CandlecloudError

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:16px/1.5 system-ui,sans-serif;max-width:58rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem;border-top:1px solid var(--line);padding-top:1rem;font-size:1.15rem}
h2 b{font-family:ui-monospace,monospace;margin-right:.5rem}
code,pre{font:13px/1.45 ui-monospace,monospace}
pre{background:var(--soft);padding:.8rem;overflow:auto;max-height:24rem;border-radius:4px}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);padding:.3rem .6rem .3rem 0;
text-align:left;vertical-align:top}tr:target{background:#fd06}nav a{display:inline-block;margin-right:1rem}
"""


@lru_cache(maxsize=1)
def render(openapi_json: bytes) -> bytes:
    """The page for an OpenAPI document, as UTF-8."""
    document = json.loads(openapi_json)
    schemas = document["components"]["schemas"]
    sections = [_operation(name, operation, schemas) for name, operation in openapi.operations(document)]
    links = [f'<a href="#{_anchor(name)}"><code>{escape(name)}</code></a>' for name, _ in openapi.operations(document)]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>candlecloud API</title>',
            f"<style>{_STYLE}</style>",
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<h1>candlecloud API {escape(document['info']['version'])}</h1>",
            "".join(_paragraphs(document["info"]["description"])),
            '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>',
            f"<nav>{''.join(links)}</nav>",
            *sections,
            _error_table(),
            "</html>",
        ]
    ).encode()


def _operation(name: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    method, path = name.split(" ")
    scopes = [scope for item in operation.get("security", []) for names in item.values() for scope in names]
    needed = f"Scope: <code>{escape(', '.join(scopes))}</code>" if scopes else "Public"
    parts = [
        f'<h2 id="{_anchor(name)}"><b>{method.upper()} {escape(path)}</b> {escape(operation["summary"])}</h2>',
        f"<p>{needed}</p>",
        *_paragraphs(operation.get("description", "")),
        _table([*operation.get("parameters", []), *_body_fields(operation, schemas)]),
    ]
    calls = [call for call in openapi.example_calls() if (call["method"], call["path"]) == (method, path)]
    return "\n".join([*parts, *(_call(call) for call in calls)])


def _body_fields(operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The fields of the body in the form of parameters."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if "$ref" not in content["schema"]:  # a file
            continue
        schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        for name, field in schema["properties"].items():
            yield {"name": name, "in": "body", "required": name in schema.get("required", ()), "schema": field}


def _table(fields: list[dict[str, Any]]) -> str:
    rows = [
        f"<tr><td><code>{escape(f['name'])}</code>{' *' if f.get('required') else ''}</td><td>{f['in']}</td>"
        f"<td>{_text(f.get('description') or f['schema'].get('description', ''))}{_rule(f['schema'])}</td></tr>"
        for f in fields
    ]
    return f"<table><tr><th>name (* required)</th><th>in</th><th></th></tr>{''.join(rows)}</table>" if rows else ""


def _rule(schema: dict[str, Any]) -> str:
    """Allowed values and default, as far as the schema says them plainly."""
    parts = [f"one of {', '.join(map(str, schema['enum']))}"] if "enum" in schema else []
    if "minimum" in schema and "maximum" in schema:
        parts.append(f"{_number(schema['minimum'])} to {_number(schema['maximum'])}")
    if schema.get("default") is not None:
        parts.append(f"default {json.dumps(schema['default'])}")
    return f" ({escape('; '.join(parts))})" if parts else ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _call(call: dict[str, Any]) -> str:
    told = call["response"]
    shown = told if isinstance(told, str) else json.dumps(told, indent=1, ensure_ascii=False)
    return (
        f"<h3>{escape(call['summary'])}</h3><pre>{escape(curl(call))}</pre>"
        f"<p>Answer: <code>{call['status']}</code></p><pre>{escape(shown)}</pre>"
    )


def curl(call: dict[str, Any], address: str = "$CANDLECLOUD_URL") -> str:
    """A recorded call as a command line."""
    request = dict(call["request"])
    path = call["path"].format(**request.get("path", {}))
    words = ["curl", "-s"]
    if call.get("scope") != "none":
        words += ["-H", '"Authorization: Bearer $CANDLECLOUD_TOKEN"']
    for key, value in request.get("header", {}).items():
        words += ["-H", shlex.quote(f"{key}: {value}")]
    if isinstance(request.get("body"), str):  # a file, with what it is for in the query
        words += ["-X", call["method"].upper(), "-H", shlex.quote(f"Content-Type: {request['media']}")]
        words += ["--data-binary", shlex.quote(request["body"])]
        path = f"{path}?{urlencode(request.pop('query', {}))}"
    elif "body" in request:
        body = json.dumps(request["body"])
        words += ["-H", "'Content-Type: application/json'", "-d", shlex.quote(body)]
    query = [f"--data-urlencode {shlex.quote(f'{key}={value}')}" for key, value in request.get("query", {}).items()]
    return " ".join([*words, *(["-G", *query] if query else []), f'"{address}{path}"'])


def _error_table() -> str:
    classes = {kind.code: kind for kind in _subclasses(CandlecloudError)}
    rows = [
        f'<tr id="{code}"><td><code>{code}</code></td><td>{status}</td>'
        f"<td>{escape(classes[code].default_hint) if code in classes else ''}</td></tr>"
        for code, status in STATUS.items()
    ]
    head = "<tr><th>code</th><th>status</th><th>what to do, unless the answer's hint says better</th></tr>"
    return f"<h2>Errors</h2><table>{head}{''.join(rows)}</table>"


def _subclasses(kind: type[CandlecloudError]) -> Iterator[type[CandlecloudError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _subclasses(child)


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs and lists of the little Markdown that our descriptions use."""
    for part in text.strip().split("\n\n"):
        if part.startswith("* "):
            yield "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in part[2:].split("\n* ")) + "</ul>"
        elif part:
            yield f"<p>{_text(part)}</p>"


def _text(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _anchor(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)
