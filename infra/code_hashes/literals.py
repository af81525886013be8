"""Literals by their value: quotes, prefixes, escapes and the way that text is cut into pieces do not matter."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from parso.tree import BaseNode, NodeOrLeaf

FieldForm = Callable[[BaseNode], list[object]]


def is_text(node: NodeOrLeaf) -> bool:
    """Whether a node is a string, an f-string or several in a row."""
    return node.type in ("string", "strings", "fstring")


def number_form(text: str) -> list[object]:
    """Type and value of a number: ``0xFF`` is ``255``, and ``1`` is not ``1.0``."""
    value = _value(text)
    return ["number", type(value).__name__, repr(value)]


def text_form(pieces: Iterable[Any], field_form: FieldForm | None = None) -> list[object]:
    """The value of strings in a row, or, where fields stand in them, text and fields in turn.

    Parameters
    ----------
    pieces : iterable
        Leaves or nodes of parso, or text as it is written.
    field_form : callable
        From the node of an f-string's field to its form.
    """
    parts: list[object] = []
    for piece in pieces:
        if isinstance(piece, BaseNode) and piece.type == "fstring":
            parts.extend(_fstring_parts(piece, field_form))
        else:
            parts.append(_value(piece if isinstance(piece, str) else piece.value))
    if all(isinstance(part, bytes) for part in parts):
        return ["bytes", b"".join(part for part in parts if isinstance(part, bytes)).hex()]
    joined = _join(parts)
    if not joined:
        return ["str", ""]
    return ["str", joined[0]] if len(joined) == 1 and isinstance(joined[0], str) else ["fstring", *joined]


def _fstring_parts(node: BaseNode, field_form: FieldForm | None) -> list[object]:
    start = str(node.children[0].value)
    quote = start.lstrip("fFrRbBuU")
    prefix = "r" if "r" in start.lower() else ""
    parts: list[object] = []
    for child in node.children[1:-1]:
        if isinstance(child, BaseNode):
            assert field_form is not None
            parts.append(field_form(child))
        else:
            text = str(child.value).replace("{{", "{").replace("}}", "}")
            parts.append(_text_between(prefix, quote, text))
    return parts


def _text_between(prefix: str, quote: str, text: str) -> object:
    """Read a piece of text; it may end in a quote, where a field follows and not the end."""
    for mark in (quote, '"""'):
        try:
            return _value(f"{prefix}{mark}{text}{mark}")
        except SyntaxError:
            continue
    return _value(f"{prefix}'''{text}'''")


def _join(parts: list[object]) -> list[object]:
    """Text beside text is one text."""
    joined: list[object] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return joined


def _value(text: str) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of more escapes; the value is the same
        return ast.literal_eval(text)
