"""Entries found by name, with the nearest name in the error, and discovered in a package so that nothing lists them.

Discovered entries are in alphabetical order, because a file system has none.
A package of entries holds its registry: ``STRATEGIES = Registry("strategy", one_per_module(__name__, Strategy), ...)``.
To add an entry, write its module; the registry finds it. What makes up a result names its entries by the object, and
asks a registry only for what a configuration names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Generic, Protocol, TypeVar

from candlecloud.errors import InvalidInputError, InvalidParameterError


class Named(Protocol):
    """Whatever a registry can hold: it has a name."""

    @property
    def name(self) -> str:
        """By which it is found."""


Entry = TypeVar("Entry", bound=Named, covariant=True)
Kind = TypeVar("Kind", bound=Named)


class Registry(Mapping[str, Entry], Generic[Entry]):
    """Entries by name, in their order; it can't be changed.

    Parameters
    ----------
    noun : str
        What an entry is, for the message: ``strategy``.
    entries : iterable, mapping or callable
        The entries, or by name, or what gives them when the first is asked for.
    field : str
        Where a name stands in a request, if the caller does not say.
    error : type
        What `find` raises for a name that is not there.
    """

    def __init__(
        self,
        noun: str,
        entries: Iterable[Entry] | Mapping[str, Entry] | Callable[[], Iterable[Entry]],
        *,
        field: str,
        error: type[InvalidInputError] = InvalidParameterError,
    ) -> None:
        self._noun = noun
        self._given = entries
        self._field = field
        self._error = error

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        given: Any = self._given() if callable(self._given) else self._given
        return given if isinstance(given, Mapping) else _by_name(given)

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def find(self, name: str, field: str | None = None) -> Entry:
        """Look an entry up by its name.

        Raises
        ------
        InvalidInputError
            Of the registry's own kind if there is none, with the nearest name or what came in its place; `field` names
            the place in the request.
        """
        if name not in self:
            near = get_close_matches(str(name)[:80], self, n=1)
            advice = self._former(name) or (f"Did you mean {near[0]}?" if near else "")
            raise self._error(
                f"There is no {self._noun} {str(name)[:80]!r}.",
                hint=f"{advice} Use one of {', '.join(self)}.".strip(),
                field=field or self._field,
                allowed=list(self),
            )
        return self[name]

    def _former(self, name: str) -> str | None:
        """What to send in place of a name that an entry had once, if it says so."""
        named: Iterable[Mapping[str, str]] = (getattr(entry, "former", {}) for entry in self.values())
        return next((former[name] for former in named if name in former), None)


def one_per_module(package: str, kind: type[Kind]) -> Mapping[str, Kind]:
    """Entries of a package whose modules define one each, and are named like it.

    The names are read from the folder; a module is imported when its entry is asked for, and no other is.

    Parameters
    ----------
    package : str
        Usually ``__name__`` of the package that holds the registry.
    kind : type
        Of the entries.
    """
    return _Modules(package, kind)


def many_per_module(package: str, kind: type[Kind]) -> Callable[[], Iterable[Kind]]:
    """Entries of a package whose modules define any number each; all are imported when the first entry is asked for.

    Parameters
    ----------
    package, kind
        As in `one_per_module`.
    """
    return lambda: sorted(
        (entry for module in _module_names(package) for entry in _entries_of(package, module, kind)),
        key=lambda entry: entry.name,
    )


class _Modules(Mapping[str, Kind]):
    def __init__(self, package: str, kind: type[Kind]) -> None:
        self._package = package
        self._kind = kind

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(_module_names(self._package))

    def __getitem__(self, name: str) -> Kind:
        if name not in self._names:
            raise KeyError(name)
        for entry in _entries_of(self._package, name, self._kind):
            if entry.name == name:
                return entry
        raise TypeError(f"{self._package}.{name} must define a {self._kind.__name__} named {name!r}.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


def _module_names(package: str) -> list[str]:
    """Without packages: these hold no entries, but kernels."""
    return sorted(module.name for module in iter_modules(import_module(package).__path__) if not module.ispkg)


def _entries_of(package: str, module: str, kind: type[Kind]) -> list[Kind]:
    return [value for value in vars(import_module(f"{package}.{module}")).values() if isinstance(value, kind)]


def _by_name(entries: Iterable[Entry]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for entry in entries:
        if found.setdefault(entry.name, entry) is not entry:
            raise ValueError(f"Two entries are named {entry.name!r}.")
    return found
