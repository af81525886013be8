"""The context of a job for tests: given stores, a clock, and nothing else unless it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from candlecloud.exchange.client import ExchangeClient
from candlecloud.jobs.context import Context
from candlecloud.jobs.dispatch import Dispatcher
from candlecloud.store.stores import Stores

NEVER = 2**53
"""A deadline that no clock of a test reaches, ms UTC."""


class _NoDispatcher:
    """Fails a test in which a job starts work that nobody expects."""

    functions: Mapping[str, str] = MappingProxyType({})

    def invoke(self, job: str, payload: Mapping[str, Any], functions: Mapping[str, str] | None = None) -> None:
        raise AssertionError(f"nobody expects {job}")

    def ask(self, job: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        raise AssertionError(f"nobody expects {job}")

    def start_fan_out(self, name: str, payload: Mapping[str, Any], functions: Mapping[str, str] | None = None) -> None:
        raise AssertionError(f"nobody expects {name}")


def context(
    stores: Stores,
    exchange: ExchangeClient | None = None,
    *,
    clock: Callable[[], int] | None = None,
    now: int = 0,
    deadline: int | None = None,
    dispatcher: Dispatcher | None = None,
    owner: str = "a-test",
) -> Context:
    """What a job is given.

    Parameters
    ----------
    exchange
        The client of whichever exchange is asked for.
    clock, now
        Time, or the moment at which it stands still, ms UTC.
    deadline
        ms UTC; never, where left out.
    """

    def client_of(exchange_id: str) -> ExchangeClient:
        assert exchange is not None, f"nobody expects a question to {exchange_id}"
        return exchange

    return Context(
        stores=stores,
        clock=clock or (lambda: now),
        deadline=NEVER if deadline is None else deadline,
        owner=owner,
        git_hash=None,
        exchange=client_of,
        dispatcher=dispatcher or _NoDispatcher(),
    )
