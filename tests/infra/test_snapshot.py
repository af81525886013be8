"""The committed templates are what the stacks say, and hold against cdk-nag and cfn-lint."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.app import SNAPSHOT, STACKS, main, snapshot_text
from infra.audit import nag_summary, read_statements, wildcard_summary
from infra.context import ROOT, ContextError, parse_context, read_raw_context


@pytest.mark.node
@pytest.mark.parametrize("key", STACKS)
def test_committed_template_is_what_the_stacks_say(assembly: Path, key: str) -> None:
    fresh = json.loads((assembly / f"{STACKS[key]}.template.json").read_text())
    assert snapshot_text(fresh) == (SNAPSHOT / f"{key}.json").read_text(), "run 'make synth' and commit infra/template"


@pytest.mark.node
def test_every_finding_of_cdk_nag_has_a_reason(assembly: Path) -> None:
    reports = json.loads((assembly / "validation-report.json").read_text())["pluginReports"]
    (report,) = (report for report in reports if report["pluginName"] == "AwsSolutions")
    assert report["conclusion"] == "success"
    assert report["violations"] == []
    assert report["suppressedViolations"], "cdk-nag saw nothing: is the plugin on?"
    assert all(len(found["reason"]) > 20 for found in report["suppressedViolations"])
    assert nag_summary(assembly).startswith("cdk-nag AwsSolutions: 0 open, ")


def test_cfn_lint_is_clean() -> None:
    run = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", "--config-file", ".cfnlintrc.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


def test_templates_hold_nothing_of_this_machine(templates: dict[str, dict[str, Any]]) -> None:
    for template in templates.values():
        text = json.dumps(template)
        assert str(ROOT) not in text
        assert "aws:asset:path" not in text


def test_only_log_delivery_is_allowed_on_everything(templates: dict[str, dict[str, Any]]) -> None:
    assert wildcard_summary(templates).startswith("policies: 0 actions with *, 1 bare * resource")
    allowed = [s for template in templates.values() for s in read_statements(template) if s.effect == "Allow"]
    bare = [statement for statement in allowed if "*" in statement.resources]
    assert [all(action.startswith("logs:") for action in statement.actions) for statement in bare] == [True]


def test_without_node_the_app_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([]) == 1
    assert "install Node" in capsys.readouterr().err


def test_context_is_read_without_the_cdk_command() -> None:
    context = parse_context(read_raw_context())
    assert context.name == "candlecloud"
    assert context.series
    assert parse_context({"reserve_lanes": "false"}).reserve_lanes is False


@pytest.mark.parametrize(
    "raw",
    [
        {"name": ""},
        {"reserve_lanes": "perhaps"},
        {"series": [{"exchange": "binance", "symbol": "BTC-USDT"}]},
        {"series": ["binance/BTC-USDT/1h"]},
        {"series": [{"exchange": "kraken", "symbol": "BTC-USD", "timeframe": "1h"}] * 2},
    ],
)
def test_a_context_that_cannot_be_built_says_why(raw: dict[str, Any]) -> None:
    with pytest.raises(ContextError, match=r"cdk\.json"):
        parse_context(raw)
