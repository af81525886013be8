"""What documents are made of: parts with fixed names, and among them figures. Needs no NumPy."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict


class Part:
    """Of a document: nothing but the named fields, each of its own type."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)


class Figures(Part):
    """Numbers by name, None where one does not exist. None is infinite: JSON has no infinity."""

    def to_dict(self) -> dict[str, Any]:
        """By name."""
        return dict(vars(self))
