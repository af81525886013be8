"""Fixtures of the contract tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.api_world import ApiWorld, api_world


@pytest.fixture(scope="module")
def world() -> Iterator[ApiWorld]:
    """The API over seeded stores; one per module, because the embedded AWS is one per process."""
    with api_world() as found:
        yield found
