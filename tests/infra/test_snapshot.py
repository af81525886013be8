"""The committed templates are what the stacks say, and hold against cdk-nag and cfn-lint."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra import app as app_module
from infra.app import SNAPSHOT, STACKS, main, snapshot_text, synthesise
from infra.audit import nag_summary, read_statements, wildcard_summary
from infra.context import ROOT, ContextError, parse_context, read_raw_context
from infra.functions import FUNCTIONS, pinned_jobs


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


def test_the_cdk_command_gets_nothing_to_deploy_from_a_stale_bundle(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app_module, "ROOT", tmp_path)  # where nothing is built
    monkeypatch.setattr(app_module.shutil, "which", lambda _: "node")
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path / "cdk.out"))
    assert main(["--output", str(tmp_path / "cdk.out")]) == 1
    assert "make bundle" in capsys.readouterr().err
    assert not (tmp_path / "cdk.out").exists()


@pytest.mark.node
def test_another_name_is_another_deployment(assembly: Path, tmp_path: Path) -> None:
    raw = {**read_raw_context(), "name": "staging", "exchange_urls": {"binance": "https://data-api.binance.vision"}}
    templates = synthesise(tmp_path, snapshot=True, raw_context=raw)
    names = [_stack_names(folder) for folder in (assembly, tmp_path)]
    assert names == [["candlecloud-data", "candlecloud-platform"], ["staging-data", "staging-platform"]]
    first = json.loads((assembly / f"{STACKS['platform']}.template.json").read_text())
    assert set(templates["platform"]["Resources"]) >= {
        # Whose names say what is in them.
        name
        for name in first["Resources"]
        if "Deployment" not in name and "CurrentVersion" not in name
    }
    assert "candlecloud" not in json.dumps([_physical_names(template) for template in templates.values()])
    given = {
        function["Properties"]["FunctionName"]: function["Properties"]["Environment"]["Variables"]
        for function in templates["platform"]["Resources"].values()
        if function["Type"] == "AWS::Lambda::Function"
    }
    asking = {name: v["CANDLECLOUD_EXCHANGE_URLS"] for name, v in given.items() if "CANDLECLOUD_EXCHANGE_URLS" in v}
    assert set(asking) == {"staging-ingest_candles", "staging-backfill_candles"}
    assert {json.loads(text)["binance"] for text in asking.values()} == {"https://data-api.binance.vision"}


@pytest.mark.node
def test_a_change_of_a_layer_is_a_new_version_of_every_function_on_it(
    platform: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aws_cdk import AssetHashType  # starts Node
    from aws_cdk.aws_lambda import Code

    from infra.resources.assets import Assets

    plain = Assets.layer

    def layer(self: Assets, name: str) -> Any:
        if name != "exchange":
            return plain(self, name)
        return Code.from_asset(str(ROOT / "layers" / name), asset_hash="another", asset_hash_type=AssetHashType.CUSTOM)

    monkeypatch.setattr(Assets, "layer", layer)
    changed = synthesise(tmp_path, snapshot=True)["platform"]
    before, after = _versions(platform), _versions(changed)
    renewed = {job for job in FUNCTIONS if before[job] != after[job]}
    on_it = {job for job, spec in FUNCTIONS.items() if "exchange" in spec.layers}
    assert renewed == {*on_it, *(job for job in FUNCTIONS if on_it & {*pinned_jobs(job)})}
    # With what the function of a commit is told, nothing else may change between two deployments of the same code.
    assert not any("GIT_HASH" in json.dumps(template) for template in (platform, changed))


def _versions(template: dict[str, Any]) -> dict[str, str]:
    """Job to the logical id of its function's version."""
    resources = template["Resources"]
    return {
        resources[one["Properties"]["FunctionName"]["Ref"]]["Properties"]["FunctionName"].split("-", 1)[1]: key
        for key, one in resources.items()
        if one["Type"] == "AWS::Lambda::Version"
    }


def _stack_names(folder: Path) -> list[str]:
    artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"].values()
    return sorted(a["properties"]["stackName"] for a in artifacts if a["type"] == "aws:cloudformation:stack")


def _physical_names(template: dict[str, Any]) -> list[Any]:
    return [
        value
        for resource in template["Resources"].values()
        for key, value in resource.get("Properties", {}).items()
        if key in ("Name", "GroupName") or (key.endswith("Name") and isinstance(value, str | dict))
    ]


def test_context_is_read_without_the_cdk_command() -> None:
    context = parse_context(read_raw_context())
    assert context.name == "candlecloud"
    assert context.series
    assert (context.batches_at_once, context.fan_out_room, context.exchange_urls) == (100, 400, {})
    assert parse_context({"reserve_lanes": "false"}).reserve_lanes is False
    assert parse_context({"batches_at_once": "5"}).batches_at_once == 5
    assert parse_context({"exchange_urls": '{"binance": "https://a.example"}'}).exchange_urls == {
        "binance": "https://a.example"
    }


def test_series_are_read_as_candlecloud_reads_them() -> None:
    (series,) = parse_context({"series": [{"exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1h"}]}).series
    assert (series.exchange, series.symbol, series.timeframe) == ("binance", "BTC-USDT", "1h")


@pytest.mark.parametrize(
    "raw",
    [
        {"name": ""},
        {"name": "Staging"},
        {"name": "my_cloud"},
        {"name": "1st"},
        {"name": "x" * 22},
        {"batches_at_once": 0},
        {"batches_at_once": True},
        {"batches_at_once": "many"},
        {"batches_at_once": 1001},
        {"fan_out_room": 0},
        {"fan_out_room": "all"},
        {"fan_out_room": 99},
        {"exchange_urls": {"binance": "http://127.0.0.1:80"}},
        {"exchange_urls": {"bitstamp": "https://a.example"}},
        {"exchange_urls": {"binance": "https://user:word@a.example"}},
        {"exchange_urls": ["https://a.example"]},
        {"exchange_urls": "https://a.example"},
        {"series": [{"exchange": "bitstamp", "symbol": "BTC-USDT", "timeframe": "1h"}]},
        {"series": [{"exchange": "binance", "symbol": "BTCUSDT", "timeframe": "1h"}]},
        {"series": [{"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "2h"}]},
        {"reserve_lanes": "perhaps"},
        {"series": [{"exchange": "binance", "symbol": "BTC-USDT"}]},
        {"series": ["binance/BTC-USDT/1h"]},
        {"series": [{"exchange": "kraken", "symbol": "BTC-USD", "timeframe": "1h"}] * 2},
    ],
)
def test_a_context_that_cannot_be_built_says_why(raw: dict[str, Any]) -> None:
    with pytest.raises(ContextError, match=r"cdk\.json"):
        parse_context(raw)
