"""Everything that code reaches: the units that it reads, and those that they read, up to the cuts."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from infra.code_hashes.discovery import discovered
from infra.code_hashes.modules import BODY, Tree, UnresolvedError
from infra.code_hashes.names import Chain
from infra.code_hashes.references import Place, Reference, Resolver
from infra.code_hashes.units import Unit


@dataclass(frozen=True)
class Reached:
    """One unit that is reached.

    Attributes
    ----------
    name : str
        ``module:unit``.
    digest : str
        SHA-256 (hex) of its canonical form and of where its names lead.
    reads : tuple of Place
        What it leads to, cut or not.
    """

    name: str
    unit: Unit
    digest: str
    reads: tuple[Place, ...]


class Reach:
    """Follows references from unit to unit; each unit is resolved once, whatever asks for it.

    Parameters
    ----------
    cuts : iterable of str
        Units as ``module:unit`` that are not followed: what they hold is asked for by name.
    left_out : iterable of str
        Modules and packages that are not looked into.
    """

    def __init__(self, tree: Tree, cuts: Iterable[str] = (), left_out: Iterable[str] = ()) -> None:
        self.tree = tree
        self._resolver = Resolver(tree, frozenset(left_out))
        self._cuts = frozenset(cuts)
        self._known: dict[Place, Reached] = {}

    def place_of(self, name: str) -> Place:
        """Find a unit by ``module:unit``.

        Raises
        ------
        UnresolvedError
            If there is none.
        """
        module, _, unit = name.partition(":")
        content = self.tree.module(module)
        if content.whole is not None:
            return module, content.whole
        if unit not in content.units:
            raise UnresolvedError(f"There is no {unit} in {module}.")
        return module, unit

    def closure(self, roots: Iterable[Place], also_cut: Container[Place] = ()) -> dict[Place, Reached]:
        """Everything that some units reach, themselves included, even where they are cuts.

        Parameters
        ----------
        also_cut : container of Place
            More units that are not followed.

        Raises
        ------
        UnresolvedError
            If a reference inside the package leads to nothing.
        """
        found: dict[Place, Reached] = {}
        waiting = list(roots)
        while waiting:
            place = waiting.pop()
            if place in found:
                continue
            found[place] = self._reached(place)
            waiting += [read for read in found[place].reads if read not in also_cut and not self.is_cut(read)]
            waiting += self._bodies(place[0])
        return found

    def is_cut(self, place: Place) -> bool:
        """Whether a unit is not followed."""
        return ":".join(place) in self._cuts

    def references(self, place: Place, chain: Chain) -> Iterator[Reference]:
        """Find what a name that a unit reads stands for."""
        return self._resolver.references(self.tree.module(place[0]), chain)

    def unit(self, place: Place) -> Unit:
        """The unit at a place."""
        return self.tree.module(place[0]).units[place[1]]

    def _reached(self, place: Place) -> Reached:
        if place not in self._known:
            module = self.tree.module(place[0])
            unit = module.units[place[1]]
            references = sorted(set(self._references(place, unit)), key=lambda reference: reference.label)
            digest = hashlib.sha256(unit.form)
            for reference in references:
                digest.update(f"\0{reference.label}".encode())
            reads = {r.place for r in references if r.place is not None}
            existing = tuple(sorted(read for read in reads if read[1] in self.tree.module(read[0]).units))
            self._known[place] = Reached(":".join(place), unit, digest.hexdigest(), existing)
        return self._known[place]

    def _references(self, place: Place, unit: Unit) -> Iterator[Reference]:
        module = self.tree.module(place[0])
        if not self.is_cut(place):
            for name, entry in (discovered(self.tree, place) or {}).items():
                yield _named((name,), Reference(":".join(entry), entry))
        for chain in unit.chains:
            for reference in self._resolver.references(module, chain):
                yield _named(chain, reference)
        for star in module.stars:
            if self.tree.holds(star):
                yield from self._resolver.whole_module(star)

    def _bodies(self, module: str) -> Iterator[Place]:
        """Find the bodies that run when a module is imported: its own, and those of the packages above it."""
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            name = ".".join(parts[:length])
            if not self._resolver.is_left_out(name) and BODY in self.tree.module(name).units:
                yield name, BODY


def digest_of(reached: Iterable[Reached]) -> str:
    """Hash what is reached, in no order."""
    lines = sorted(f"{one.name} {one.digest}\n" for one in reached)
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:24]


def _named(chain: tuple[str, ...], reference: Reference) -> Reference:
    """Put the name before where it leads: two names that change places are another code."""
    return Reference(f"{chain[0]}={reference.label}", reference.place)
