"""From a name to the unit that it stands for, through aliases, packages, re-exports and stars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from infra.code_hashes.imports import Target
from infra.code_hashes.modules import BODY, Module, Tree, UnresolvedError
from infra.code_hashes.names import Chain

Place: TypeAlias = tuple[str, str]
"""Module and unit."""
Seen: TypeAlias = tuple[Place, ...]
"""Aliases on the way, so that a circle of imports ends."""


@dataclass(frozen=True)
class Reference:
    """What a name stands for.

    Attributes
    ----------
    label : str
        Stands in the hash of the code that reads the name: where the name leads, be it followed or not.
    place : Place or None
        What to follow; None for what lies outside of the package.
    """

    label: str
    place: Place | None = None


class Resolver:
    """Follows names through the modules of a tree.

    Parameters
    ----------
    left_out : iterable of str
        Modules and packages that are not looked into.
    """

    def __init__(self, tree: Tree, left_out: frozenset[str]) -> None:
        self.tree = tree
        self._left_out = left_out

    def is_left_out(self, module: str) -> bool:
        """Whether a module is not looked into."""
        return any(module == name or module.startswith(f"{name}.") for name in self._left_out)

    def references(self, module: Module, chain: Chain) -> Iterator[Reference]:
        """Find what a name of a module, with its attributes, stands for; nothing for locals and builtins.

        Raises
        ------
        UnresolvedError
            If it leads into the package and to nothing there.
        """
        head, *attributes = chain
        if head in module.units:
            yield self._at(module.name, head)
        elif head in module.bound_by_body:
            yield self._at(module.name, BODY)
        for target in sorted(module.aliases.get(head, ())):
            yield from self._follow(target, attributes, f"{module.name} reads {'.'.join(chain)}")

    def whole_module(self, name: str) -> Iterator[Reference]:
        """All units of a module; of a package also what it exports."""
        if self.is_left_out(name):
            yield Reference(name)
            return
        module = self.tree.module(name)
        yield Reference(name)
        yield from (self._at(name, unit) for unit in sorted(module.units))
        if module.is_package:
            for alias in sorted(module.aliases):
                yield from self.references(module, (alias,))

    def _follow(self, target: Target, attributes: list[str], why: str, seen: Seen = ()) -> Iterator[Reference]:
        if not self.tree.holds(target.module):
            yield Reference(str(target))
            return
        names = [target.name, *attributes] if target.name else attributes
        if self.is_left_out(target.module):
            yield Reference(":".join([target.module, *names[:1]]))
        elif names:
            yield from self._member(target.module, names, why, seen)
        else:
            yield from self.whole_module(target.module)

    def _member(self, name: str, names: list[str], why: str, seen: Seen) -> Iterator[Reference]:
        """What a module's attribute is, and the attributes of that as long as they are modules."""
        module, (first, *rest) = self.tree.module(name), names
        if module.whole is not None:
            yield self._at(name, module.whole)
        elif first in module.units:
            yield self._at(name, first)
        elif first in module.bound_by_body or (first.startswith("__") and first.endswith("__")):
            yield Reference(f"{name}:{first}", (name, BODY))
        elif first in module.aliases and (name, first) not in seen:
            for target in sorted(module.aliases[first]):
                yield from self._follow(target, rest, why, (*seen, (name, first)))
        elif self.tree.exists(f"{name}.{first}"):
            yield from self._follow(Target(f"{name}.{first}"), rest, why, seen)
        elif module.stars:
            yield from self._from_stars(module, first)
        else:
            raise UnresolvedError(f"{why}: there is no {first} in {name}.")

    def _from_stars(self, module: Module, name: str) -> Iterator[Reference]:
        """A name that a star may bring; which star does is not asked, all are followed whole."""
        for star in module.stars:
            if self.tree.holds(star):
                yield from self.whole_module(star)
            else:
                yield Reference(f"{star}:{name}")

    def _at(self, module: str, unit: str) -> Reference:
        return Reference(f"{module}:{unit}", (module, unit))
