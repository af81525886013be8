"""HTML and SVG as text that cannot be forgotten to be escaped: only `Markup` goes in as it is."""

from __future__ import annotations

import re
from html import escape as _escape_html

# Controls that no document may hold, halves of surrogate pairs, and the marks that turn the direction of text around.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_CHILDLESS = frozenset({"meta", "link", "line", "path", "rect", "use"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escape(value: object) -> Markup:
    """Any value as text of a page; `Markup` stays, an unprintable character becomes U+FFFD."""
    if isinstance(value, Markup):
        return value
    return Markup(_escape_html(_UNPRINTABLE.sub("\ufffd", str(value)), quote=True))


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """One element.

    Parameters
    ----------
    *children
        Text is escaped, `Markup` is not, None is left out.
    **attributes
        ``class_`` is written ``class``, ``aria_label`` is written ``aria-label``; None is left out.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _CHILDLESS:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: object) -> Markup:
    """Children one after the other."""
    return Markup("".join(escape(child) for child in children if child is not None))


def shorten(text: str, length: int) -> str:
    """At most `length` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= length else text[: length - 1] + "\u2026"
