"""The venues, one module or package each. To add one: write it, with a ``VENUE``; nothing lists it."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from infra.local.replay.venue import ReplayVenue


@cache
def find_venues() -> Mapping[str, ReplayVenue]:
    """Return every venue by its name."""
    found = [import_module(f"{__name__}.{module.name}").VENUE for module in iter_modules(__path__)]
    return {venue.name: venue for venue in sorted(found, key=lambda venue: venue.name)}
