"""The table: one hash per entry and per kind of computation, of all that it reaches."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TypeAlias

from infra.code_hashes.checks import hidden_references, undeclared_names
from infra.code_hashes.discovery import discovered
from infra.code_hashes.fan_outs import fan_out_kinds
from infra.code_hashes.modules import Tree, UnresolvedError
from infra.code_hashes.reach import Reach, Reached, digest_of
from infra.code_hashes.references import Place
from infra.code_hashes.rules import Kind, Rules

SCHEMA = 1
Table: TypeAlias = Mapping[str, Mapping[str, str]]
"""Family (and ``kinds``) to entry to hash."""


class HiddenReferenceError(Exception):
    """Code that decides a result is asked for in a way that static reading cannot follow."""


class Maker:
    """Finds the entries of a tree and what each reaches."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._reach = Reach(Tree(rules.folder, rules.package), rules.not_followed, rules.left_out)

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Every kind of computation, those of fan-outs too."""
        rules = self.rules
        found = fan_out_kinds(self._reach, rules.fan_outs, rules.of_fan_outs) if rules.fan_outs else {}
        return {**rules.kinds, **found}

    @cached_property
    def entries(self) -> dict[str, tuple[Place, ...]]:
        """Entry, as ``features/sma``, to the units that define it."""
        found: dict[str, tuple[Place, ...]] = {}
        for family, registry in self.rules.registries.items():
            held = discovered(self._reach.tree, self._reach.place_of(registry))
            if not held:
                raise UnresolvedError(f"{registry} discovers no entry.")
            found |= {f"{family}/{name}": (place,) for name, place in held.items()}
        for entry, roots in self.rules.written.items():
            found[entry] = tuple(self._reach.place_of(root) for root in roots)
        return found

    def reached_by(self, entry: str) -> list[Reached]:
        """Everything that an entry or a kind (``kinds/backtest``) reaches, by name.

        Raises
        ------
        UnresolvedError
            If there is no such entry, or something that it reads leads to nothing.
        """
        family, _, name = entry.partition("/")
        if family == "kinds" and name in self.kinds:
            kind = self.kinds[name]
            used = [place for use in kind.uses for place in self._entry(use)]
            return _by_name(self._engine(kind) | self._reach.closure(used))
        return _by_name(self._reach.closure(self._entry(entry)))

    def table(self) -> Table:
        """Hash every entry and every kind."""
        table: dict[str, dict[str, str]] = {family: {} for family in ("kinds", *self.rules.registries)}
        for entry in (*(f"kinds/{kind}" for kind in self.kinds), *self.entries):
            family, _, name = entry.partition("/")
            table.setdefault(family, {})[name] = digest_of(self.reached_by(entry))
        return table

    def check(self, *, allow_text: bool = False) -> None:
        """Refuse what static reading cannot follow.

        Parameters
        ----------
        allow_text : bool
            Leave out the check for code that is asked for by text; kinds must declare what they use all the same.

        Raises
        ------
        HiddenReferenceError
            With every place.
        """
        found: set[str] = set()
        for kind in self.kinds.values():
            engine = _by_name(self._engine(kind))
            found.update(undeclared_names(engine, self._families, (*kind.uses, *self.rules.said)))
            found.update([] if allow_text else hidden_references(engine))
        if not allow_text:
            found.update(hidden_references(one for entry in self.entries for one in self.reached_by(entry)))
        if found:
            raise HiddenReferenceError("\n".join(sorted(found)))

    @cached_property
    def _families(self) -> dict[str, set[str]]:
        """Name of an entry to the families that have it."""
        families: dict[str, set[str]] = {}
        for entry in self.entries:
            family, _, name = entry.partition("/")
            families.setdefault(name, set()).add(family)
        return families

    def _engine(self, kind: Kind) -> dict[Place, Reached]:
        """What a kind reaches by itself, without the entries that it uses."""
        written = frozenset(place for entry in self.rules.written for place in self.entries[entry])
        return self._reach.closure((self._reach.place_of(root) for root in kind.roots), also_cut=written)

    def _entry(self, entry: str) -> tuple[Place, ...]:
        if entry not in self.entries:
            raise UnresolvedError(f"There is no entry {entry}.")
        return self.entries[entry]


def written(table: Table) -> str:
    """Write a table: sorted, one line per entry."""
    families = []
    for family in sorted(table):
        lines = [f"    {json.dumps(name)}: {json.dumps(table[family][name])}" for name in sorted(table[family])]
        families.append(
            f"  {json.dumps(family)}: {{\n" + ",\n".join(lines) + "\n  }" if lines else f'  "{family}": {{}}'
        )
    return f'{{\n  "schema": {SCHEMA},\n{_joined(families)}\n}}\n'


def _joined(lines: Iterable[str]) -> str:
    return ",\n".join(lines)


def read(text: str) -> Table:
    """Read a written table.

    Raises
    ------
    ValueError
        If it is none.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or document.pop("schema", None) != SCHEMA:
        raise ValueError("This is no table of code.")
    return document


def moved(before: Table, after: Table) -> list[str]:
    """Say which entries are new, gone or other, as ``changed features/sma``."""
    flat = [{f"{family}/{name}": h for family, part in t.items() for name, h in part.items()} for t in (before, after)]
    old, new = flat
    words = {name: "added" if name not in old else "removed" if name not in new else "changed" for name in old | new}
    return [f"{words[name]} {name}" for name in sorted(words) if old.get(name) != new.get(name)]


def _by_name(closure: Mapping[Place, Reached]) -> list[Reached]:
    return [closure[place] for place in sorted(closure)]
