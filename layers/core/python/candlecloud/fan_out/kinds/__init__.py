"""The kinds of fan-outs, one module each. To add one: write its module; nothing lists it.

A function imports the kinds that it is asked for, and no others.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from candlecloud.fan_out.kind import FanOutKind


def kind_names() -> tuple[str, ...]:
    """Every kind there is, by name."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


def find_kind(name: str) -> FanOutKind[Any]:
    """The kind of that name.

    Raises
    ------
    LookupError
        If there is none.
    """
    if name not in kind_names():
        raise LookupError(f"There is no kind of fan-out {name!r}. Kinds: {', '.join(kind_names())}.")
    kind: FanOutKind[Any] = import_module(f"{__name__}.{name}").KIND
    return kind
