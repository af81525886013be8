"""Reading a page as a browser and as an XML reader would."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, fromstring

_CHILDLESS = {"meta", "link", "line", "path", "rect", "use"}


@dataclass
class Seen(HTMLParser):
    """What an HTML reader meets: every tag with its attributes, all text, the elements left open."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _CHILDLESS:
            self.unclosed.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _CHILDLESS, f"<{tag}/> is an open tag in HTML"
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.unclosed.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def as_html(page: str) -> Seen:
    seen = Seen()
    seen.feed(page)
    seen.close()
    assert seen.unclosed == []
    return seen


def as_xml(page: str) -> Element:
    doctype, _, rest = page.partition("\n")
    assert doctype == "<!doctype html>"
    return fromstring(rest)


def part_of(page: str, name: str) -> Element:
    """The element with this id."""
    return next(element for element in as_xml(page).iter() if element.get("id") == name)


def ids_of(page: str) -> set[str]:
    """Of all elements that have one."""
    return {found for element in as_xml(page).iter() if (found := element.get("id"))}


def words_of(element: Element) -> str:
    """Its text, white space made single."""
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def cells_of(element: Element) -> list[list[str]]:
    """Text of every cell of its tables, row by row."""
    return [[words_of(cell) for cell in row] for row in element.iter("tr")]


def numbers_of(element: Element) -> dict[str, list[str]]:
    """Per row of its tables: the exact values that the cells carry, None as a dash."""
    return {
        words_of(row[0]): [data.get("value", "") for data in row.iter("data")]
        for row in element.iter("tr")
        if any(True for _ in row.iter("data"))
    }
