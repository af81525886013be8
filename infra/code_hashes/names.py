"""Names that code reads and names that it binds, and the quoted types among its strings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from parso.tree import BaseNode, NodeOrLeaf

Chain: TypeAlias = tuple[str, ...]
"""A name and the attributes that are read from it at once: ``a.b.c(...)`` is ``("a", "b", "c")``."""

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_SCOPES = frozenset(("classdef", "comp_for", "funcdef", "lambdef", "sync_comp_for"))


def chains_of(nodes: Iterable[NodeOrLeaf]) -> Iterator[Chain]:
    """Find the names that are read; never those that are only bound, and no attribute or keyword by itself."""
    for leaf in leaves(nodes):
        if leaf.type == "name":
            if _is_read(leaf):
                yield (str(leaf.value), *_attributes(leaf))
        elif leaf.type == "string" and _is_type(leaf):
            yield from (tuple(word.split(".")) for word in _DOTTED.findall(leaf.value))


def bound_names(nodes: Iterable[NodeOrLeaf]) -> list[str]:
    """Name what statements bind where they stand, and not what the functions and classes among them bind inside."""
    names: list[str] = []
    for node in nodes:
        if node.type == "name" and node.is_definition():  # type: ignore[attr-defined]
            names.append(node.value)  # type: ignore[attr-defined]
        elif node.type in _SCOPES:
            if node.type in ("classdef", "funcdef"):
                names.append(node.children[1].value)  # type: ignore[attr-defined]
        elif isinstance(node, BaseNode):
            names += bound_names(node.children)
    return names


def leaves(nodes: Iterable[NodeOrLeaf]) -> Iterator[Any]:
    """Walk through the leaves below some nodes, in order."""
    for node in nodes:
        if isinstance(node, BaseNode):
            yield from leaves(node.children)
        else:
            yield node


def _is_read(leaf: Any) -> bool:
    parent = leaf.parent
    if parent.type == "trailer" and parent.children[0].value == ".":
        return False
    if parent.type == "argument" and parent.children[0] is leaf and parent.children[1] == "=":
        return False
    if parent.type in ("dotted_name", "import_from", "import_as_name", "import_name", "dotted_as_name"):
        return False
    # What an augmented assignment and a deletion bind, they need before.
    definition = leaf.get_definition()
    return definition is None or definition.type == "del_stmt" or _is_augmented(definition)


def _is_augmented(statement: Any) -> bool:
    if statement.type != "expr_stmt":
        return False
    operator = statement.children[1]
    return bool(operator.type == "operator" and operator.value != "=")


def _attributes(leaf: Any) -> Iterator[str]:
    """Give the attributes that follow a name at once."""
    if leaf.parent.type not in ("atom_expr", "power") or leaf.parent.children[0] is not leaf:
        return
    for trailer in leaf.parent.children[1:]:
        if trailer.type != "trailer" or trailer.children[0].value != ".":
            return
        yield str(trailer.children[1].value)


def _is_type(leaf: Any) -> bool:
    """Whether a string stands where a type does: in an annotation, in the value of an alias, or in a cast."""
    child, node = leaf, leaf.parent
    while node is not None:
        if node.type == "annassign":
            return child is node.children[1] or "TypeAlias" in node.children[1].get_code()
        if node.type == "tfpdef" or (node.type == "funcdef" and child is node.annotation):
            return True
        if node.type == "atom_expr" and getattr(node.children[0], "value", "") == "cast":
            return True
        if node.type in ("suite", "simple_stmt"):
            return False
        child, node = node, node.parent
    return False
