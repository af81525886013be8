"""ccxt's class of one exchange, without importing the other hundred.

``import ccxt`` runs a package that imports every exchange: 1.8 s cold. An empty stand-in package with the same path
lets ``ccxt.binance`` be imported on its own, also from the trimmed layer that holds only our venues. The stand-in
gives names on demand, so that code which says ``import ccxt`` later finds what it looks for.
"""

from __future__ import annotations

import importlib
import sys
from importlib.util import find_spec
from threading import Lock
from types import ModuleType
from typing import Any

from candlecloud.exchange.venues import VENUES

_lock = Lock()


def load_venue_class(exchange: str) -> type[Any]:
    """The synchronous ccxt class of an exchange.

    Raises
    ------
    UnknownExchangeError
        If the id is not that of a venue; it is checked before anything is looked up by it.
    """
    VENUES.find(exchange)
    with _lock:
        if "ccxt" not in sys.modules:
            sys.modules["ccxt"] = _stand_in()
        return _class_of(exchange)


def _class_of(exchange: str) -> type[Any]:
    loaded: type[Any] = getattr(importlib.import_module(f"ccxt.{exchange}"), exchange)
    # In ccxt, the name of an exchange is its class; importing the module has put the module there.
    setattr(sys.modules["ccxt"], exchange, loaded)
    return loaded


def _stand_in() -> ModuleType:
    spec = find_spec("ccxt")
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError("ccxt is not installed", name="ccxt")
    package = ModuleType("ccxt")
    package.__path__ = list(spec.submodule_search_locations)
    package.__file__ = spec.origin
    package.__spec__ = spec

    def on_demand(name: str) -> Any:
        if name == "__version__":
            return importlib.import_module("ccxt.base.exchange").__version__
        errors = importlib.import_module("ccxt.base.errors")
        if hasattr(errors, name):
            return getattr(errors, name)
        try:
            return _class_of(name)
        except (ModuleNotFoundError, AttributeError) as error:
            raise AttributeError(f"module 'ccxt' has no attribute {name!r}") from error

    package.__getattr__ = on_demand  # type: ignore[method-assign]
    return package
