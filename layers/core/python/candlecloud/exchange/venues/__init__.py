"""The exchanges, one module each: what a venue does, as data. To add one: write its module; nothing lists it.

`tests/integration/test_venue_conformance.py` holds each profile against the replay exchange.
"""

from __future__ import annotations

from candlecloud.errors import UnknownExchangeError
from candlecloud.exchange.venue_profile import Venue
from candlecloud.registry import Registry, one_per_module

VENUES = Registry("exchange", one_per_module(__name__, Venue), field="exchange", error=UnknownExchangeError)
