"""The canonical form of code: what it says, without layout, comments and docstrings.

A piece of syntax becomes nested lists of text. Two pieces that differ in white space, line breaks, quotes, redundant
parentheses, trailing commas or bare strings have the same form; all others differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from parso.grammar import load_grammar
from parso.python.tokenize import tokenize
from parso.tree import BaseNode, NodeOrLeaf
from parso.utils import parse_version_string

from infra.code_hashes.literals import is_text, number_form, text_form

GRAMMAR = "3.11"
"""The lowest Python that candlecloud supports; code that this grammar cannot read has no canonical form."""

Form: TypeAlias = "str | list[Form]"

_LAYOUT = frozenset(("newline", "indent", "dedent", "endmarker"))
_FLAT = frozenset(("arglist", "decorators", "dictorsetmaker", "dotted_as_names", "import_as_names"))
_TUPLES = frozenset(("exprlist", "subscriptlist", "testlist", "testlist_star_expr"))
_FROM_THE_LEFT = frozenset(("and_expr", "arith_expr", "atom_expr", "expr", "shift_expr", "term", "xor_expr"))
"""Operators of one rank that bind from the left: ``(a + b) + c`` is ``a + b + c``."""


def parse_module(source: str) -> BaseNode:
    """Read a module's source.

    Raises
    ------
    ParserSyntaxError
        If the grammar does not know what stands there.
    """
    tree: BaseNode = load_grammar(version=GRAMMAR).parse(source, error_recovery=False)
    return tree


def canonical_bytes(nodes: Iterable[NodeOrLeaf]) -> bytes:
    """Write statements, or whole modules, as bytes to hash."""
    return _written([form for node in nodes for form in _statements([node])])


def canonical_declarations(source: str) -> bytes:
    """Write a ``.pxd`` as bytes to hash: its tokens, as its grammar is not Python's. Layout that nests stays."""
    lines: list[list[Form]] = []
    line: list[Form] = []
    for token in tokenize(source, version_info=parse_version_string(GRAMMAR)):
        kind = token.type.name
        if kind in ("NEWLINE", "ENDMARKER"):
            if any(isinstance(word, str) for word in line):  # else a bare string
                lines.append(line)
            line = []
        elif kind in ("INDENT", "DEDENT"):
            lines.append([kind])
        else:
            line.append(_as_form(text_form([token.string])) if kind == "STRING" else token.string)
    return _written([_as_form(words) for words in lines])


def form_of(node: NodeOrLeaf) -> Form:
    """Turn a statement or an expression into its form."""
    if is_text(node):
        return _as_form(text_form(_pieces(node), _field))
    if not isinstance(node, BaseNode):
        value: str = node.value  # type: ignore[attr-defined]  # every leaf has one
        return _as_form(number_form(value)) if node.type == "number" else value
    special = _SPECIAL.get(node.type)
    return special(node) if special is not None else _plain(node)


def _written(forms: Sequence[Form]) -> bytes:
    return json.dumps(forms, separators=(",", ":")).encode()


def _plain(node: BaseNode) -> Form:
    forms = list(_items(node.children))
    head = node.type
    if head in _FROM_THE_LEFT and isinstance(forms[0], list) and forms[0][0] == head and forms[0][1] != "await":
        forms = [*forms[0][1:], *forms[1:]]
    return [head, *forms]


def _items(children: Iterable[NodeOrLeaf]) -> Iterator[Form]:
    """Give the forms of a node's children, without commas (each child is one item) and without nodes that only list."""
    for child in children:
        if child.type in _LAYOUT or _is(child, ","):
            continue
        if child.type in _FLAT and isinstance(child, BaseNode):
            yield from _items(child.children)
        else:
            yield form_of(child)


def _tuple(node: BaseNode) -> Form:
    return ["tuple", *_items(node.children)]


def _atom(node: BaseNode) -> Form:
    """Brackets: parentheses go, unless they make a tuple or a generator."""
    opening, *inner, _ = node.children
    if not _is(opening, "("):
        parts: Sequence[NodeOrLeaf] = inner
        if len(inner) == 1 and isinstance(inner[0], BaseNode) and inner[0].type == "testlist_comp":
            parts = inner[0].children
        return ["list" if _is(opening, "[") else "braces", *_items(parts)]
    if not inner:
        return ["tuple"]
    if isinstance(inner[0], BaseNode) and inner[0].type == "testlist_comp":
        is_tuple = any(_is(child, ",") for child in inner[0].children)
        return ["tuple" if is_tuple else "generator", *_items(inner[0].children)]
    return form_of(inner[0])


def _suite(node: BaseNode) -> Form:
    return ["suite", *_statements([node])]


def _class(node: BaseNode) -> Form:
    """``class A():`` is ``class A:``."""
    return ["classdef", *_items(child for child in node.children if not _is(child, "(") and not _is(child, ")"))]


def _import(node: BaseNode) -> Form:
    return ["import_from", *_items(child for child in node.children if not _is(child, "(") and not _is(child, ")"))]


def _statements(nodes: Iterable[NodeOrLeaf]) -> Iterator[Form]:
    """Give the statements of a block one by one; a bare string and ``pass`` say nothing."""
    for node in nodes:
        if node.type in _LAYOUT or _is(node, ";"):
            continue
        if isinstance(node, BaseNode) and node.type in ("file_input", "simple_stmt", "suite"):
            yield from _statements(node.children)
            continue
        form = form_of(node)
        if form != "pass" and not (isinstance(form, list) and form[0] in ("str", "bytes")):
            yield form


def _is(node: NodeOrLeaf, text: str) -> bool:
    return node.type == "operator" and node.value == text  # type: ignore[attr-defined]


def _pieces(node: NodeOrLeaf) -> Sequence[NodeOrLeaf]:
    """The pieces of an implicit concatenation."""
    return node.children if isinstance(node, BaseNode) and node.type == "strings" else [node]


def _field(node: BaseNode) -> list[object]:
    """Turn what stands in the braces of an f-string into its form; with ``=`` its layout is printed, so it stays."""
    if any(_is(child, "=") for child in node.children):
        return ["field", node.get_code(include_prefix=False)]
    parts: list[object] = ["field"]
    for child in node.children[1:-1]:
        if isinstance(child, BaseNode) and child.type == "fstring_format_spec":
            parts.append(["spec", *(_spec_part(part) for part in child.children[1:])])
        else:
            parts.append(form_of(child))
    return parts


def _spec_part(node: NodeOrLeaf) -> object:
    if isinstance(node, BaseNode):
        return _field(node)
    return ["text", node.value]  # type: ignore[attr-defined]


def _as_form(parts: Sequence[object]) -> Form:
    return parts  # type: ignore[return-value]  # lists and text, all the way down


_SPECIAL: dict[str, Callable[[BaseNode], Form]] = {
    "atom": _atom,
    "classdef": _class,
    "import_from": _import,
    "simple_stmt": _suite,
    "suite": _suite,
    **dict.fromkeys(_TUPLES, _tuple),
}
