"""Templates for the tests: the committed ones, which need nothing, and a fresh synthesis, which needs Node.

Without Node on PATH, tests marked ``node`` are deselected and the last line of the run says so.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from infra.app import SNAPSHOT, STACKS, synthesise

_HAS_NODE = shutil.which("node") is not None
_deselected: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _HAS_NODE:
        return
    without = [item for item in items if item.get_closest_marker("node")]
    _deselected.extend(item.nodeid for item in without)
    config.hook.pytest_deselected(items=without)
    items[:] = [item for item in items if item not in without]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _deselected:
        terminalreporter.write_line(
            f"{len(_deselected)} tests marked 'node' did not run: CDK synthesis needs Node 20 or newer on PATH. "
            "What they would prove is that infra/template/ is what the stacks say.",
            yellow=True,
        )


@pytest.fixture(scope="session")
def templates() -> dict[str, dict[str, Any]]:
    """The committed templates, by stack."""
    return {key: json.loads((SNAPSHOT / f"{key}.json").read_text()) for key in STACKS}


@pytest.fixture(scope="session")
def data(templates: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return templates["data"]


@pytest.fixture(scope="session")
def platform(templates: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return templates["platform"]


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh cloud assembly; the one synthesis of a test run."""
    folder = tmp_path_factory.mktemp("assembly")
    synthesise(folder, snapshot=True)
    return folder
