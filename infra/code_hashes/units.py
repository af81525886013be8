"""A module as units: what each top-level statement says, and which names it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from parso.python.tree import ExprStmt, ImportFrom, ImportName
from parso.tree import BaseNode, NodeOrLeaf

from infra.code_hashes.canonical import canonical_bytes, canonical_declarations, parse_module
from infra.code_hashes.imports import Target, read_cimports, read_imports
from infra.code_hashes.names import Chain, bound_names, chains_of

_DEFINITIONS = frozenset(("async_funcdef", "async_stmt", "classdef", "decorated", "funcdef"))


@dataclass(frozen=True)
class Unit:
    """The smallest piece of code that is followed or not.

    Attributes
    ----------
    nodes : sequence
        Its statements; several where one name is bound several times.
    form : bytes
        Their canonical form.
    chains : frozenset
        Names that it reads, each with the attributes that follow: ``("recursive", "ema")``.
    """

    nodes: Sequence[NodeOrLeaf]
    form: bytes
    chains: frozenset[Chain]


@dataclass(frozen=True)
class Content:
    """What a module holds; `body` is None where nothing stands outside of definitions and imports."""

    units: dict[str, Unit]
    body: Unit | None
    bound_by_body: frozenset[str]
    aliases: dict[str, frozenset[Target]]
    stars: tuple[str, ...]


@cache
def read_module(name: str, source: str, *, is_package: bool) -> Content:
    """Cut a module into its units.

    Raises
    ------
    ParserSyntaxError
        If the grammar does not know what stands there.
    """
    tree = parse_module(source)
    imports = read_imports(tree, name, is_package=is_package)
    named: dict[str, list[NodeOrLeaf]] = {}
    body: list[NodeOrLeaf] = []
    for statement in _statements(tree.children):
        names = _names_of_unit(statement)
        for bound in names:
            named.setdefault(bound, []).append(statement)
        if not names and not _only_imports(statement) and not _says_nothing(statement):
            body.append(statement)
    return Content(
        units={bound: _unit(nodes) for bound, nodes in named.items()},
        body=_unit(body) if body else None,
        bound_by_body=frozenset(bound_names(body)),
        aliases=imports.aliases,
        stars=imports.stars,
    )


@cache
def read_kernel(name: str, source: str | None, declarations: str) -> tuple[Unit, dict[str, frozenset[Target]]]:
    """Read a compiled module as one unit with its declarations; those that they read are among its references."""
    tree = parse_module(source or "")
    aliases = dict(read_imports(tree, name, is_package=False).aliases)
    package = name.rpartition(".")[0]
    chains = set(chains_of([tree]))
    for target in read_cimports(declarations):
        written = f"cimport {target}"
        if target.module.startswith("."):
            target = Target(f"{package}.{target.module[1:]}".rstrip("."), target.name)
        aliases[written] = frozenset((target,))
        chains.add((written,))
    form = b"\0".join((canonical_bytes([tree]), canonical_declarations(declarations)))
    return Unit([tree], form, frozenset(chains)), aliases


def _unit(nodes: Sequence[NodeOrLeaf]) -> Unit:
    return Unit(nodes, canonical_bytes(nodes), frozenset(chains_of(nodes)))


def _statements(children: Iterable[NodeOrLeaf]) -> Iterator[NodeOrLeaf]:
    """Give the statements of a module, those of one line one by one."""
    for child in children:
        if isinstance(child, BaseNode) and child.type == "simple_stmt":
            yield from (part for part in child.children if part.type not in ("newline", "operator"))
        elif child.type not in ("endmarker", "newline"):
            yield child


def _names_of_unit(statement: NodeOrLeaf) -> list[str]:
    """Name what a definition or an assignment to plain names binds; nothing for all else."""
    if statement.type in _DEFINITIONS:
        return bound_names([statement])
    if not isinstance(statement, ExprStmt):
        return []
    operator = statement.children[1]
    if operator.type == "annassign":
        return [statement.children[0].value] if statement.children[0].type == "name" else []
    if operator.type != "operator" or operator.value != "=":
        return []
    targets = statement.children[:-1:2]
    plain = all(_is_plain_target(target) for target in targets)
    return bound_names([statement]) if plain else []


def _is_plain_target(target: NodeOrLeaf) -> bool:
    """Whether only names are bound: ``a`` or ``a, (b, *c)``, and neither ``a.b`` nor ``a[0]``."""
    if isinstance(target, BaseNode):
        return target.type != "atom_expr" and all(_is_plain_target(child) for child in target.children)
    return target.type in ("name", "operator")


def _only_imports(statement: NodeOrLeaf) -> bool:
    """Whether a statement does nothing but import, perhaps for types alone.

    Under any other condition an import belongs to the body, as the condition says what a name stands for.
    """
    if isinstance(statement, ImportFrom | ImportName):
        return True
    if not isinstance(statement, BaseNode) or statement.type != "if_stmt" or not _is_for_types(statement):
        return False
    suites = [child for child in statement.children if child.type in ("suite", "simple_stmt")]
    return all(
        _only_imports(inner) or _says_nothing(inner)
        for suite in suites
        for inner in _statements(suite.children if suite.type == "suite" else [suite])
    )


def _is_for_types(condition: BaseNode) -> bool:
    return bool(condition.children[1].get_code().strip().rpartition(".")[2] == "TYPE_CHECKING")


def _says_nothing(statement: NodeOrLeaf) -> bool:
    return statement.type in ("newline", "indent", "dedent") or canonical_bytes([statement]) == b"[]"
