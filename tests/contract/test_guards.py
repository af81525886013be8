"""Deny by default: every route is walked, and each needs a token with its scope."""

from __future__ import annotations

import pytest
from fastapi import APIRouter

from candlecloud.api import openapi
from candlecloud.api.app import create_app
from candlecloud.api.guards import PUBLIC_PATHS, GuardedRoute
from candlecloud.api.routes import routers
from tests.support.api_world import ApiWorld

ROUTES = [route for router in routers() for route in router.routes]
SCOPES = ("read", "run", "data:write", "admin")


def test_every_route_is_guarded_and_no_other_answers() -> None:
    assert all(isinstance(route, GuardedRoute) for route in ROUTES)
    own = create_app(None).router.routes
    assert {type(route).__name__ for route in own} == {type(own[0]).__name__}, "only included routers, no mounts"
    assert len(own) == len(list(routers()))


def test_the_public_routes_are_the_four() -> None:
    public = {route.path for route in ROUTES if route.scope is None}
    assert public == PUBLIC_PATHS == {"/live", "/ready", "/openapi.json", "/docs"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_the_door_of_each_route(world: ApiWorld, route: GuardedRoute) -> None:
    for method in route.methods:
        ids = {f"{kind}_id": f"{kind}_{'0' * 32}" for kind in ("run", "sweep", "signals")}
        path = route.path.format(**ids)
        anonymous = world.client.request(method, path)
        assert (anonymous.status_code == 401) == (route.scope is not None)
        for scope in SCOPES:
            answer = world.client.request(method, path, headers=world.headers(scope))
            opened = route.scope is None or scope in (route.scope, "admin")
            assert (answer.status_code == 403) == (not opened), (scope, answer.text)
            assert answer.status_code < 500


def test_a_route_without_a_scope_stops_the_start() -> None:
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(ValueError, match="names no scope"):
        router.get("/secret")(lambda: None)


def test_the_document_names_the_scopes() -> None:
    document = openapi.document(create_app(None))
    said = {name: operation.get("security") for name, operation in openapi.operations(document)}
    for route in ROUTES:
        if route.include_in_schema:
            for method in route.methods:
                wanted = [{"token": [route.scope]}] if route.scope else None
                assert said[f"{method.lower()} {route.path}"] == wanted


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "bearer  ", "Bearer " + "x" * 5000, "cc_x"])
def test_what_is_no_token(world: ApiWorld, header: str) -> None:
    response = world.client.get("/series", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_revoked_token_opens_nothing(world: ApiWorld) -> None:
    token = world.stores.tokens.mint("short", ["read"], 0)
    headers = {"Authorization": f"bearer {token}"}
    assert world.client.get("/series", headers=headers).status_code == 200
    world.stores.tokens.revoke(token)
    assert world.client.get("/series", headers=headers).status_code == 401
