"""Markdown tables, and their place in ``docs/benchmarks.md``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; cells are printed as they are."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def figure(value: float, digits: int = 3) -> str:
    """A number with some significant digits, and thousands separated: 0.195, 14.2, 1,240."""
    if value == 0.0 or value != value:
        return "0" if value == 0.0 else "-"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:#.{digits}g}".rstrip(".")


def insert(text: str, name: str, content: str) -> str:
    """Put a text between ``<!-- name -->`` and ``<!-- end of name -->`` of a page.

    Raises
    ------
    ValueError
        If the page has no such markers.
    """
    opening, closing = f"<!-- {name} -->", f"<!-- end of {name} -->"
    start, end = text.find(opening), text.find(closing)
    if start < 0 or end < start:
        raise ValueError(f"The page has no place named {name!r}; add {opening} and {closing}.")
    return f"{text[: start + len(opening)]}\n\n{content.strip()}\n\n{text[end:]}"
