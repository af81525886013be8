"""The exchanges, one module each: what a venue does, as data. To add one: write its module; nothing lists it.

`tests/integration/test_venue_conformance.py` holds each profile against the replay exchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from candlecloud.errors import UnknownExchangeError
from candlecloud.exchange.profile import Venue
from candlecloud.registry import Registry


def _venues() -> Iterator[Venue]:
    for module in sorted(iter_modules(__path__), key=lambda module: module.name):
        yield import_module(f"{__name__}.{module.name}").VENUE


VENUES: Registry[Venue] = Registry("exchange", _venues, field="exchange", error=UnknownExchangeError)
