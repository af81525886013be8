"""Fixtures of the integration tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from candlecloud.store.stores import Stores
from tests.support.cloud import embedded_stores


@pytest.fixture
def stores() -> Iterator[Stores]:
    """All stores over an empty embedded AWS."""
    with embedded_stores() as found:
        yield found
