"""Keys with named fields: each is checked when it is made, and can be read back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from candlecloud.errors import InvalidParameterError

# What a field may hold. `#` and `/` part the fields; a series id and a slot (always last in its key) may hold more.
FIELDS = {
    "exchange": r"[a-z0-9]+",
    "symbol": r"[A-Za-z0-9.~_-]+",
    "timeframe": r"[0-9]+[A-Za-z]+",
    "period": r"[0-9]{4}(?:-[0-9]{2})?",
    "reason": r"[a-z_]+",
    "digest": r"[0-9a-f]{16,64}",
    "name": r"[a-z_]+(?:-[0-9a-f]{16})?\.[a-z]+",
    "run_id": r"[A-Za-z0-9_-]{1,80}",
    "signals_id": r"signals_[0-9a-f]{32}",
    "fence": r"[0-9]{1,9}",
    "round": r"[0-9]{1,3}",
    "first": r"[0-9]{9}",
    "after": r"[0-9]{9}",
    "series": r"(?:[a-z_]+:)?[a-z0-9]+/[A-Za-z0-9.~_-]+(?:/[0-9]+[A-Za-z]+)?",  # those of candles name no dataset
    "shard": r"(?:[a-z_]+:)?[0-9]",
    "state": r"[a-z]+",
    "format": r"[a-z]+",
    "start": r"[0-9]{16}",
    "end": r"[0-9]{16}",
    "time": r"[0-9]{16}",
    "job": r"[a-z_]+",
    "slot": r"[^\x00-\x1f]{1,400}",
}


@dataclass(frozen=True)
class Template:
    """A key with named fields, such as ``series#{series}``."""

    text: str

    @property
    def fields(self) -> list[str]:
        """Names of the fields, in order."""
        return re.findall(r"\{(\w+)\}", self.text)

    def make(self, **fields: str) -> str:
        """Fill the fields in.

        Raises
        ------
        InvalidParameterError
            If a value holds what its field can't.
        """
        for name, value in fields.items():
            if not re.fullmatch(FIELDS[name], value):
                raise InvalidParameterError(f"{value!r} can't be part of a key as {name}.", parameter=name)
        return self.text.format(**fields)

    def parse(self, key: str) -> dict[str, str] | None:
        """The fields of a key, or None if it was not made by this template."""
        match = self._pattern.fullmatch(key)
        return match.groupdict() if match else None

    def prefix(self, **fields: str) -> str:
        """The key up to the first field that is not given."""
        given = re.split(r"\{(?!(?:" + "|".join(fields) + r")\})", self.text)[0] if fields else self.text.split("{")[0]
        return Template(given).make(**fields)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = re.split(r"\{(\w+)\}", self.text)
        literals = [re.escape(part) for part in parts[::2]]
        groups = [f"(?P<{name}>{FIELDS[name]})" for name in parts[1::2]] + [""]
        return re.compile("".join(a + b for a, b in zip(literals, groups, strict=True)))


def time_text(time_ms: int) -> str:
    """A time as text that sorts as the number does."""
    return f"{time_ms:016d}"


def unit_text(number: int) -> str:
    """A unit's number as text that sorts as the number does."""
    return f"{number:09d}"


@dataclass(frozen=True)
class ItemKind:
    """One kind of item: its key, and its place in the index if it is listed."""

    pk: Template
    sk: Template
    gsi1pk: Template | None = None
    gsi1sk: Template | None = None

    @classmethod
    def of(cls, pk: str, sk: str, gsi1pk: str | None = None, gsi1sk: str | None = None) -> ItemKind:
        """A kind by the texts of its templates."""
        listed = [None if text is None else Template(text) for text in (gsi1pk, gsi1sk)]
        return cls(Template(pk), Template(sk), *listed)

    def parse(self, pk: str, sk: str) -> dict[str, str] | None:
        """The fields of an item's key, or None if it is of another kind."""
        partition, sort = self.pk.parse(pk), self.sk.parse(sk)
        return None if partition is None or sort is None else partition | sort
