"""What stands before every route: the token and its scope, the query, the body, the Accept header, the repeat.

`GuardedRoute` runs them in this order, before FastAPI reads anything, so that a request without a token learns nothing
and ``use_json_body`` comes before a complaint about the body (422). Blocking calls are made in place: a Lambda serves
one request at a time, and the local gateway gives each request a thread; a hop to a thread pool (0.4 ms) buys nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from inspect import signature
from typing import Any, Literal
from urllib.parse import parse_qsl

from fastapi import Request, Security
from fastapi.params import Depends as DependsParameter
from fastapi.params import Security as SecurityParameter
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.responses import Response

from candlecloud.api import idempotency, negotiation
from candlecloud.api.app_context import app_context
from candlecloud.api.errors import InvalidRequestError, UseJsonBodyError
from candlecloud.api.json_body import read_body
from candlecloud.api.responses import problems
from candlecloud.errors import ForbiddenError, UnauthorizedError
from candlecloud.store.api_tokens import TokenRecord

Scope = Literal["read", "run", "data:write", "admin"]
PUBLIC_PATHS = frozenset({"/live", "/ready", "/openapi.json", "/docs"})
_MAX_TOKEN_LENGTH = 200
_MAX_QUERY_FIELDS = 50

_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="Minted with `candlecloud tokens mint`.")
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def needs(scope: Scope) -> list[DependsParameter]:
    """A route's ``dependencies``: a token that carries this scope (or ``admin``)."""
    return [Security(_bearer, scopes=[scope])]


class GuardedRoute(APIRoute):
    """A route that can't be reached without its guards; it documents the errors that they and its input give.

    Raises
    ------
    ValueError
        At start, if a route outside `PUBLIC_PATHS` names no scope: forgetting it must not open a door.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        options["responses"] = _usual_problems(endpoint, options) | (options.get("responses") or {})
        super().__init__(path, endpoint, **options)
        if self.scope is None and path not in PUBLIC_PATHS:
            raise ValueError(f"{path} names no scope; give it dependencies=needs(...)")

    @property
    def scope(self) -> str | None:
        """The scope that a token needs here; None for a public route."""
        return _scope(self.dependencies)

    @property
    def offered(self) -> tuple[str, ...]:
        """Media types of the successful answer, as the route documents them."""
        documented = self.responses.get(200, {}).get("content", {})
        return tuple(documented) or (negotiation.JSON,)

    def get_route_handler(self) -> _Handler:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if self.scope is not None:
                request.state.token = authorize(request, self.scope)
            query = read_query(request)
            if request.method == "POST":
                use_json_body(query)
            request.state.media_type = negotiation.choose(request.headers.get("accept"), self.offered)
            if request.method != "POST":
                return await handle(request)
            return await idempotency.once(await read_body(request), self.path, handle)

        return guarded


def _scope(dependencies: Iterable[DependsParameter]) -> str | None:
    scopes = [s for d in dependencies if isinstance(d, SecurityParameter) for s in d.scopes or ()]
    return scopes[0] if scopes else None


def _usual_problems(endpoint: Callable[..., Any], options: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    """Errors of any route, of one that needs a token, of one that takes a body, and of one that takes anything."""
    statuses = {400, 406}
    if _scope(options.get("dependencies") or ()) is not None:
        statuses |= {401, 403}
    if "POST" in (options.get("methods") or ()):
        statuses |= {409, 413, 415, 422}
    if signature(endpoint).parameters.keys() - {"request", "app"}:
        statuses.add(422)
    return problems(*statuses)


def authorize(request: Request, scope: str) -> TokenRecord:
    """The caller's token, if it carries the scope.

    Raises
    ------
    UnauthorizedError
        Without a token that we know.
    ForbiddenError
        If the token lacks the scope.
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if kind.lower() != "bearer" or not token:
        raise UnauthorizedError("This route needs a bearer token.")
    known = app_context(request).stores.tokens.lookup(token) if len(token) <= _MAX_TOKEN_LENGTH else None
    if known is None:
        raise UnauthorizedError("This token is not valid.")
    if scope not in known.scopes and "admin" not in known.scopes:
        raise ForbiddenError(
            f"This token lacks the scope {scope!r}.",
            hint=f"Mint a token with the scope {scope!r}: candlecloud tokens mint --name NAME --scopes {scope}",
            needed=scope,
            granted=sorted(known.scopes),
        )
    return known


def read_query(request: Request) -> Mapping[str, str]:
    """The query's parameters, each at most once and printable.

    Raises
    ------
    InvalidRequestError
        Naming the parameter that is repeated or contains a control character.
    """
    text = request.scope["query_string"].decode("latin-1")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_QUERY_FIELDS)
    except ValueError as error:
        raise InvalidRequestError(f"The query has more than {_MAX_QUERY_FIELDS} parameters.") from error
    found: dict[str, str] = {}
    for key, value in pairs:
        name = key[:80]
        if not (key + value).isprintable():
            name = "".join(c if c.isprintable() else "?" for c in name)
            raise InvalidRequestError(f"The query parameter {name!r} contains a control character.", field=name)
        if key in found:
            raise InvalidRequestError(f"The query parameter {name!r} is sent twice.", hint="Send it once.", field=name)
        found[key] = value
    return found


def use_json_body(query: Mapping[str, str]) -> None:
    """Refuse a POST with query parameters.

    Raises
    ------
    UseJsonBodyError
        With the offending keys.
    """
    if query:
        keys = sorted(key[:80] for key in query)
        raise UseJsonBodyError(f"A POST takes a JSON body, not query parameters: {', '.join(keys)}.", keys=keys)
