"""Fields that came after ids had been given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AddedField:
    """Marks a field that came after ids had been given: while it has this value, it is no part of an identity.

    Write ``new: Annotated[bool, AddedField(False)] = False``. So the ids of all work before it stay.
    """

    value: Any
