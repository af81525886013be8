"""What an assignment says: its value, the calls in it, their arguments, and the name of the entry that it defines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parso.tree import NodeOrLeaf

from infra.code_hashes.canonical import form_of


def value_of(statement: Any) -> Any:
    """Give the value of an assignment, annotated or not; None for all else."""
    if statement.type != "expr_stmt":
        return None
    last = statement.children[-1]
    if last.type == "annassign":
        return last.children[3] if len(last.children) > 3 else None
    return last


def calls_of(expression: Any) -> Iterator[tuple[str, Any]]:
    """Find the calls along ``a.b(...)[0].c(...)``: the name that is called, empty if none is, and the brackets."""
    if expression.type != "atom_expr":
        return
    callee = getattr(expression.children[0], "value", "")
    for trailer in expression.children[1:]:
        opening = trailer.children[0].value if trailer.type == "trailer" else ""
        if opening == "(":
            yield callee, trailer
        if opening != "[":  # Registry[T](...) calls Registry
            callee = trailer.children[1].value if opening == "." else getattr(trailer, "value", "")


def arguments_of(brackets: Any) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments of a call."""
    inner = brackets.children[1:-1]
    nodes = inner[0].children if inner and inner[0].type == "arglist" else inner
    plain: list[Any] = []
    named: dict[str, Any] = {}
    for node in nodes:
        if node.type == "argument" and node.children[1].type == "operator" and node.children[1].value == "=":
            named[node.children[0].value] = node.children[2]
        elif not (node.type == "operator" and node.value == ","):
            plain.append(node)
    return plain, named


def entry_name(statement: NodeOrLeaf) -> str | None:
    """Name of the entry that an assignment defines: the text of ``name=`` or the first argument of its call."""
    value = value_of(statement)
    calls = [] if value is None else list(calls_of(value))
    if not calls:
        return None
    plain, named = arguments_of(calls[-1][1])
    given = named.get("name", plain[0] if plain else None)
    return None if given is None else text_of(given)


def text_of(node: NodeOrLeaf) -> str | None:
    """Value of a string without fields; None for all else."""
    form = form_of(node)
    return str(form[1]) if isinstance(form, list) and form[0] == "str" else None


def calls_in(node: Any) -> Iterator[tuple[str, Any]]:
    """Find the calls in and below a node, as `calls_of`."""
    yield from calls_of(node)
    for child in getattr(node, "children", ()):
        yield from calls_in(child)


def texts_in(node: Any) -> Iterator[str]:
    """Find the strings in and below a node."""
    if node.type in ("string", "strings"):
        text = text_of(node)
        if text is not None:
            yield text
    else:
        for child in getattr(node, "children", ()):
            yield from texts_in(child)
