"""Tables: a caption, headings, cells; wide ones scroll inside their own box."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from candlecloud.pages.kit.markup import Markup, tag


def table(
    caption: str, headings: Sequence[object], body: Iterable[Markup], kind: str = "", explained: str | None = None
) -> Markup:
    """A table whose first column names its rows.

    Parameters
    ----------
    body : iterable of Markup
        Rows, or groups of rows.
    explained : str, optional
        A second, longer line of the caption; it stays in view while the table scrolls.
    """
    drawn = tag(
        "table",
        tag("caption", caption, *([" ", tag("span", explained)] if explained else [])),
        tag("thead", tag("tr", *(tag("th", heading, scope="col") for heading in headings))),
        *body,
        class_=kind or None,
    )
    return scrolled(drawn, caption)


def row(name: object, *cells: object, title: str | None = None) -> Markup:
    """A row of a table: its name, then its cells."""
    return tag("tr", tag("th", name, scope="row", title=title), *(tag("td", cell) for cell in cells))


def body(*rows: Markup) -> Markup:
    return tag("tbody", *rows)


def group(name: str, columns: int, *rows: Markup) -> Markup:
    """Rows under a heading of their own."""
    return tag("tbody", tag("tr", tag("th", name, colspan=columns, scope="rowgroup", class_="group")), *rows)


def scrolled(content: Markup, words: str) -> Markup:
    """A box that scrolls sideways, reachable by keyboard."""
    return tag("div", content, class_="scroll", tabindex="0", role="region", aria_label=words)


def definitions(entries: Mapping[str, object]) -> Markup:
    """Words and what they stand for, one below the other."""
    pairs = (tag("div", tag("dt", word), tag("dd", meaning)) for word, meaning in entries.items())
    return tag("dl", *pairs)


def section(name: str, heading: str, *content: Markup | None) -> Markup:
    """A part of the page with its heading."""
    return tag(
        "section", tag("h2", heading, id=f"{name}-heading"), *content, aria_labelledby=f"{name}-heading", id=name
    )


def note(*words: object, kind: str = "note") -> Markup:
    """A sentence on its own."""
    return tag("p", *words, class_=kind)
