"""The shape that the project promises: no import cycles, modules of one idea, handlers that are plugs."""

from __future__ import annotations

from infra.catalogue import FUNCTIONS
from tests.evidence.structure import TOO_LONG, import_cycles, line_counts


def test_no_import_cycles() -> None:
    assert import_cycles() == []


def test_modules_hold_one_idea() -> None:
    assert {path: lines for path, lines in line_counts().items() if lines > TOO_LONG} == {}


def test_handlers_are_thin() -> None:
    handlers = {path: lines for path, lines in line_counts().items() if path.startswith("functions/")}
    assert len(handlers) == len(FUNCTIONS)
    assert max(handlers.values()) <= 40
