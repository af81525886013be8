"""docs/data_dictionary.md names every field of a run's result and every figure of a sweep's row, and no other."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from candlecloud.contract.results import (
    RESULT_SCHEMA,
    Curves,
    IntrabarBand,
    LookAheadTest,
    Regimes,
    RunBenchmark,
    RunResult,
)
from candlecloud.metrics.figures import Metrics

PAGE = (Path(__file__).parents[3] / "docs" / "data_dictionary.md").read_text()
HEADING = f"### Run: `result.json`, schema `{RESULT_SCHEMA}`"


def test_every_field_of_a_run_is_documented() -> None:
    assert _fields(HEADING) == sorted(field.name for field in fields(RunResult))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("benchmark", RunBenchmark),
        ("regimes", Regimes),
        ("intrabar", IntrabarBand),
        ("look_ahead_test", LookAheadTest),
        ("curves", Curves),
    ],
)
def test_every_field_of_a_part_is_documented(name: str, part: type) -> None:
    (row,) = re.findall(rf"^\| `{name}` \|(.*)\|$", PAGE.split(HEADING)[1].split("\n#")[0], re.MULTILINE)
    assert {field.name for field in fields(part)} <= set(re.findall(r"`(\w+)`", row))


def test_every_figure_of_a_row_is_documented() -> None:
    documented = _fields("### Sweep: `results.parquet`, schema `candlecloud.sweep/2`")
    assert documented == sorted(["set", *Metrics.__dataclass_fields__])


def _fields(heading: str) -> list[str]:
    """The names in the first column of the table under a heading."""
    table = PAGE.split(heading)[1].split("\n#")[0]
    firsts = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return sorted(name for first in firsts for name in re.findall(r"`(\w+)`", first))
