"""Every metric beside the libraries of the field, and the page that says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.metric_differences import differences
from tests.support.metric_oracles import agreements

PAGE = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()


def test_where_definitions_agree_numbers_do() -> None:
    off = [one for one in agreements() if not one.difference <= 1e-12]
    assert off == []


def test_the_page_lists_every_comparison() -> None:
    checked = PAGE.split("## Checked against")[1].split("## Deliberately different")[0]
    compared: dict[str, set[str]] = {}
    for one in agreements():
        compared.setdefault(one.metric, set()).add(one.library.split(" ")[0])
    rows = dict(line.strip("| ").split(" | ") for line in checked.splitlines() if line.startswith("| `"))
    listed = {metric.strip("`"): {lib.split(" ")[0] for lib in libs.split(", ")} for metric, libs in rows.items()}
    assert listed == compared


def test_deliberate_differences_are_real_and_listed() -> None:
    different = PAGE.split("## Deliberately different")[1]
    for one in differences():
        assert one.ours != pytest.approx(one.theirs, rel=1e-6), one
        assert f"| `{one.metric}` | `{one.library}` | {one.why} |" in different
