"""Fixtures of the integration tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from candlecloud.store.stores import Stores
from infra.local.replay import ReplayExchange
from tests.support.cloud import embedded_stores


@pytest.fixture
def stores() -> Iterator[Stores]:
    """All stores over an empty embedded AWS."""
    with embedded_stores() as found:
        yield found


@pytest.fixture(scope="session")
def running_market() -> Iterator[ReplayExchange]:
    """One replay exchange for all tests of the session (its recordings are loaded once)."""
    with ReplayExchange() as market:
        yield market


@pytest.fixture
def market(running_market: ReplayExchange) -> ReplayExchange:
    """The replay exchange in its first state: clock 2025-08-18T18:20:00Z, frozen, no faults."""
    running_market.reset()
    return running_market
