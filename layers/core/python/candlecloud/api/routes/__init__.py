"""The routes, one module per noun. To add one: write its module with a `router`; nothing lists it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter


def routers() -> Iterator[APIRouter]:
    """The router of each module in this package, by the modules' names."""
    for module in iter_modules(__path__):
        yield import_module(f"{__name__}.{module.name}").router
