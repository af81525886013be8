"""The shape that the project promises: no import cycles, modules of one idea, handlers that are plugs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from infra.catalogue import FUNCTIONS
from infra.context import ROOT
from tests.evidence.structure import TOO_LONG, import_cycles, line_counts, room_cycles, traced_walk


def test_no_import_cycles() -> None:
    assert import_cycles() == []
    assert room_cycles() == []


def test_modules_hold_one_idea() -> None:
    assert {path: lines for path, lines in line_counts().items() if lines > TOO_LONG} == {}


def test_handlers_are_thin() -> None:
    handlers = {path: lines for path, lines in line_counts().items() if path.startswith("functions/")}
    assert len(handlers) == len(FUNCTIONS)
    assert max(handlers.values()) <= 40


def test_a_sweep_has_one_configuration_from_its_post_to_collect() -> None:
    """One class reads it, once where it comes in and once in each job."""
    assert "whole configurations built: 4 ({'SweepConfig': 4})" in traced_walk("sweep")


@pytest.mark.parametrize("function", ["fail_fan_out", "plan_fan_out", "prune_versions", "recover_runs"])
def test_functions_that_only_look_after_records_import_no_arrow(function: str) -> None:
    """It would be half of their cold start. A plan imports its kind, and Arrow with it, when it is asked for one."""
    code = "import sys, handler; sys.exit(bool({'numpy', 'pyarrow'} & set(sys.modules)))"
    folder = ROOT / "functions" / function
    assert subprocess.run([sys.executable, "-c", code], cwd=folder, check=False).returncode == 0
