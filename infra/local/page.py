"""Pieces of an HTML page: escaped text, tables, numbers in words' clothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

NONE = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """Lay out cells that are HTML already; `numbers` are the columns to align right."""

    def row(cells: Sequence[str], tag: str) -> str:
        written = (
            f'<{tag} class="number">{cell}</{tag}>' if place in numbers else f"<{tag}>{cell}</{tag}>"
            for place, cell in enumerate(cells)
        )
        return f"<tr>{''.join(written)}</tr>"

    body = "".join(row(cells, "td") for cells in rows)
    return f'<div class="scroll"><table><thead>{row(head, "th")}</thead><tbody>{body}</tbody></table></div>'


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    """Terms and what they are, the latter HTML already."""
    return "<dl>" + "".join(f"<dt>{escape(term)}</dt><dd>{text}</dd>" for term, text in pairs) + "</dl>"


def code(text: Any) -> str:
    """Text as it is."""
    return f"<code>{escape(str(text))}</code>"


def details(title: str, content: str) -> str:
    """Something to open."""
    return f"<details><summary>{escape(title)}</summary>{content}</details>"


def percent(value: float | None, digits: int = 1, *, sign: bool = False) -> str:
    """Fraction as percent."""
    if value is None:
        return NONE
    return f"{value:{'+' if sign else ''}.{digits}%}".replace("-", "−").replace("%", "\u202f%")


def number(value: float | None, digits: int = 2) -> str:
    """Number with thousands separators."""
    return NONE if value is None else f"{value:,.{digits}f}".replace("-", "−")


def days(seconds: float | None) -> str:
    """Seconds as days."""
    return NONE if seconds is None else f"{seconds / 86_400:,.0f} days"


def moment(value: str | int) -> str:
    """ISO-8601 or ms UTC as a readable time."""
    read = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value / 1000, UTC)
    text = read.astimezone(UTC).strftime("%d %b %Y, %H:%M")
    return f'<span class="fit">{text.lstrip("0")}</span>'


def day(value: str) -> str:
    """ISO-8601 as a day."""
    return datetime.fromisoformat(value).astimezone(UTC).strftime("%d %b %Y").lstrip("0")


def span(milliseconds: int) -> str:
    """Length of time in its largest whole unit."""
    left = timedelta(milliseconds=milliseconds)
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if left % size == timedelta(0) and left >= size:
            count = left // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{milliseconds} ms"
