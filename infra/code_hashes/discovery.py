"""What a registry that discovers its entries holds: found in the modules of its package, as the library finds it."""

from __future__ import annotations

from typing import Any

from infra.code_hashes.definitions import arguments_of, calls_in, calls_of, entry_name, text_of, value_of
from infra.code_hashes.modules import Tree, UnresolvedError
from infra.code_hashes.references import Place

_DISCOVERIES = ("one_per_module", "many_per_module")
_OWN_PACKAGE = "__name__"


def discovered(tree: Tree, place: Place) -> dict[str, Place] | None:
    """Entries by name; None for a unit that discovers none.

    Raises
    ------
    UnresolvedError
        If a module of the package defines no entry, an entry has no name, or two have the same.
    """
    module, unit = place
    nodes = tree.module(module).units[unit].nodes
    said = [brackets for node in nodes for name, brackets in calls_in(node) if name in _DISCOVERIES]
    if not said:
        return None
    package, kind = (argument for argument in arguments_of(said[0])[0])
    folder = module if package.get_code(include_prefix=False) == _OWN_PACKAGE else text_of(package)
    if folder is None:
        raise UnresolvedError(f"{module}:{unit} does not say as text in which package its entries are.")
    return _entries_in(tree, folder, kind.get_code(include_prefix=False))


def _entries_in(tree: Tree, package: str, kind: str) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for module in tree.modules_in(package):
        entries = [(unit, c.nodes[-1]) for unit, c in tree.module(module).units.items() if _is_a(c.nodes[-1], kind)]
        if not entries:
            raise UnresolvedError(f"{module} defines no {kind}.")
        for unit, statement in entries:
            name = entry_name(statement)
            if name is None:
                raise UnresolvedError(f"{module}:{unit} says no name= as text.")
            if name in found:
                raise UnresolvedError(f"{package} holds two entries named {name}.")
            found[name] = module, unit
    return found


def _is_a(statement: Any, kind: str) -> bool:
    """Whether a statement assigns a call of that class."""
    value = value_of(statement)
    return value is not None and [callee for callee, _ in calls_of(value)] == [kind]
