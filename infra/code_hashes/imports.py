"""Imports as aliases: which name stands for what of which module, wherever in a module the import stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from parso.python.tree import ImportFrom, ImportName
from parso.tree import BaseNode, NodeOrLeaf

_FROM_CIMPORT = re.compile(r"^[ \t]*from\s+([\w.]+)\s+cimport\s+(?:\(([^)]*)\)|([^\n#]*))", re.MULTILINE)
_CIMPORT = re.compile(r"^[ \t]*cimport\s+([^\n#]+)", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Target:
    """What a name stands for: something in a module, or with an empty `name` the module itself."""

    module: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.module}:{self.name}" if self.name else self.module


@dataclass(frozen=True)
class Imports:
    """All imports of a module."""

    aliases: dict[str, frozenset[Target]]
    stars: tuple[str, ...]


def read_imports(tree: BaseNode, module: str, *, is_package: bool) -> Imports:
    """Collect the imports of a module at any depth."""
    package = module if is_package else module.rpartition(".")[0]
    aliases: dict[str, set[Target]] = {}
    stars: list[str] = []
    for node in import_nodes(tree.children):
        if isinstance(node, ImportFrom) and node.is_star_import():
            stars.append(_source(node, package))
            continue
        for name, target in _bindings(node, package):
            aliases.setdefault(name, set()).add(target)
    return Imports({name: frozenset(targets) for name, targets in aliases.items()}, tuple(stars))


def read_cimports(declarations: str) -> list[Target]:
    """Collect what a ``.pxd`` takes from other declarations."""
    found: list[Target] = []
    for module, inside, plain in _FROM_CIMPORT.findall(declarations):
        found += [Target(module, name) for name in _first_words((inside or plain).split(","))]
    for names in _CIMPORT.findall(declarations):
        found += [Target(name) for name in _first_words(names.split(","))]
    return found


def import_nodes(children: Iterable[NodeOrLeaf]) -> Iterator[ImportName | ImportFrom]:
    """Find the import statements in and below some nodes."""
    for child in children:
        if isinstance(child, ImportName | ImportFrom):
            yield child
        elif isinstance(child, BaseNode):
            yield from import_nodes(child.children)


def _bindings(node: Any, package: str) -> Iterator[tuple[str, Target]]:
    paths = [[str(name.value) for name in path] for path in node.get_paths()]
    names = [str(name.value) for name in node.get_defined_names()]
    if isinstance(node, ImportFrom):
        source = _source(node, package)
        yield from ((name, Target(source, path[-1])) for name, path in zip(names, paths, strict=True))
        return
    aliased = {str(alias.value) for alias in _aliases(node)}
    for name, path in zip(names, paths, strict=True):
        yield name, Target(".".join(path) if name in aliased else path[0])


def _aliases(node: ImportName) -> Iterator[Any]:
    """Find what follows an ``as``."""
    for child in _dotted_as_names(node):
        if isinstance(child, BaseNode) and child.type == "dotted_as_name":
            yield child.children[2]


def _dotted_as_names(node: ImportName) -> list[NodeOrLeaf]:
    names = node.children[1]
    return names.children if isinstance(names, BaseNode) and names.type == "dotted_as_names" else [names]


def _source(node: ImportFrom, package: str) -> str:
    """Name the module that is imported from, dots before it resolved."""
    named = ".".join(str(name.value) for name in node.get_from_names())
    if not node.level:
        return named
    above = package.split(".")
    parent = ".".join(above[: len(above) - node.level + 1])
    return f"{parent}.{named}" if named else parent


def _first_words(texts: Iterable[str]) -> list[str]:
    """``a as b`` names ``a``."""
    return [words[0] for words in map(str.split, texts) if words]
