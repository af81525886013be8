"""The shape that the project promises: no import cycles, modules of one idea, handlers that are plugs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from infra.context import ROOT
from infra.functions import FUNCTIONS
from tests.evidence.structure import TOO_LONG, import_cycles, line_counts, room_cycles

MOST_LINES = 60
MOST_PARAMETERS = 8


def test_no_import_cycles() -> None:
    assert import_cycles() == []
    assert room_cycles() == []


def test_modules_hold_one_idea() -> None:
    assert {path: lines for path, lines in line_counts().items() if lines > TOO_LONG} == {}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """All that we ship or run, but kernels: there a call costs more than what it would make plainer."""
    for folder in ("layers", "infra", "functions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if folder != "layers" or "kernels" not in path.parts:
                for node in ast.walk(ast.parse(path.read_text())):
                    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                        yield f"{path.relative_to(ROOT)}:{node.name}", node


def test_functions_are_read_at_one_glance() -> None:
    lines = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node in functions()}
    assert len(lines) > 1_000
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_functions_take_few_parameters() -> None:
    """What belongs together comes as one value; `self` and `cls` are not counted."""
    taken = {}
    for name, node in functions():
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        names = [one.arg for one in given if one.arg not in ("self", "cls")]
        taken[name] = len(names) + sum(rest is not None for rest in (node.args.vararg, node.args.kwarg))
    assert {name: count for name, count in taken.items() if count > MOST_PARAMETERS} == {}


def test_handlers_are_thin() -> None:
    handlers = {path: lines for path, lines in line_counts().items() if path.startswith("functions/")}
    assert len(handlers) == len(FUNCTIONS)
    assert max(handlers.values()) <= 40


@pytest.mark.parametrize("function", ["fail_fan_out", "plan_fan_out", "prune_versions", "recover_runs"])
def test_functions_that_only_look_after_records_import_no_arrow(function: str) -> None:
    """It would be half of their cold start. A plan imports its kind, and Arrow with it, when it is asked for one."""
    code = "import sys, handler; sys.exit(bool({'numpy', 'pyarrow'} & set(sys.modules)))"
    folder = ROOT / "functions" / function
    assert subprocess.run([sys.executable, "-c", code], cwd=folder, check=False).returncode == 0


def test_unit_tests_stand_where_their_package_stands() -> None:
    """A folder below tests/unit is a package of the library, or a folder of the repository."""
    unit, places = ROOT / "tests" / "unit", (ROOT, ROOT / "layers" / "core" / "python" / "candlecloud")
    folders = {path.parent.relative_to(unit) for path in unit.rglob("test_*.py")}
    assert [str(folder) for folder in folders if not any((place / folder).is_dir() for place in places)] == []


def test_ci_runs_what_verify_is() -> None:
    steps = re.findall(r"^make (\S+)$", (ROOT / ".ci" / "run").read_text(), re.M)
    verify = re.search(r"^verify: ([^#]*)", (ROOT / "Makefile").read_text(), re.M)
    assert verify is not None
    assert steps == verify[1].split()
    assert "make test " in (ROOT / "README.md").read_text()
