"""What static reading cannot follow, found so that it is refused and not missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra.code_hashes.definitions import arguments_of, calls_in, text_of, texts_in
from infra.code_hashes.reach import Reached

_NEVER = {
    "deferred": "it imports by text",
    "import_module": "it imports by text",
    "__import__": "it imports by text",
    "eval": "it runs text",
    "exec": "it runs text",
}
_NAMED_BY_TEXT = {"FeatureUse": (0, "feature"), "compute_feature": (1, "feature"), "find": (0, "name")}
"""Calls that take a definition, or look one up, to the place of that argument; a text there hides what is computed."""


def hidden_references(reached: Iterable[Reached]) -> list[str]:
    """Say which units ask for code by text."""
    found = {f"{one.name}: {why}" for one in reached for node in one.unit.nodes for why in _hidden(node)}
    return sorted(found)


def undeclared_names(
    reached: Iterable[Reached], names: Mapping[str, Iterable[str]], declared: Iterable[str]
) -> list[str]:
    """Say which units spell the name of an entry, though nobody declared that they use it.

    Parameters
    ----------
    names : mapping
        Name of an entry to its families.
    """
    allowed = {entry.rpartition("/")[2] for entry in declared}
    found = {
        f"{one.name}: spells {text!r}, an entry of {', '.join(sorted(names[text]))}"
        for one in reached
        for node in one.unit.nodes
        for text in texts_in(node)
        if text in names and text not in allowed
    }
    return sorted(found)


def _hidden(node: Any) -> Iterator[str]:
    if any(kind == "global_stmt" for kind in _types_in(node)):
        yield "binds a name of its module from inside a function; who reads that name does not reach the function"
    for name, brackets in calls_in(node):
        if name in _NEVER:
            yield f"calls {name}; {_NEVER[name]}"
        elif name in _NAMED_BY_TEXT:
            place, keyword = _NAMED_BY_TEXT[name]
            plain, named = arguments_of(brackets)
            given = named.get(keyword, plain[place] if len(plain) > place else None)
            text = None if given is None else text_of(given)
            if text is not None:
                yield f"gives {name} the text {text!r}, not the definition"


def _types_in(node: Any) -> Iterator[str]:
    yield node.type
    for child in getattr(node, "children", ()):
        yield from _types_in(child)
