"""docs/schemas: every example request fits the schema that is published for it, and a wrong one does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from candlecloud.api.openapi import example_calls
from candlecloud.contract.preview import read_preview
from candlecloud.contract.run import RunConfig
from candlecloud.contract.sweep import SweepConfig
from candlecloud.errors import CandlecloudError

ROOT = Path(__file__).resolve().parents[2]
READ: dict[str, Callable[[Any], Any]] = {
    "run_config": RunConfig.from_dict,
    "sweep_config": SweepConfig.from_dict,
    "preview_request": lambda document: read_preview(
        ({} if "features" in document else {"strategy": "rules"}) | document
    ),
}
ROUTES = {
    "/backtest/run": "run_config",
    "/runs": "run_config",
    "/sweeps": "sweep_config",
    "/signals": "preview_request",
}
SENT = [
    (ROUTES[call["path"]], call["name"], call["request"]["body"])
    for call in example_calls()
    if call["path"] in ROUTES and "body" in call["request"] and call["status"] < 300
]
EVENT = ("preview_request", "event", json.loads((ROOT / "events" / "preview_series.json").read_text()))
GOOD = pytest.mark.parametrize(("name", "document"), [pytest.param(n, d, id=c) for n, c, d in (*SENT, EVENT)])
WRONG: list[dict[str, Any]] = [
    {"leverage": 3},
    {"exchange": 5},
    {"timeframe": ["1h"]},
    {"start": 1.5},
    {"as_of": {}},
    {"strategy": ""},
    {"parameters": {"fast": "20"}},
    {"direction": "up"},
    {"rules": {"short": {}, "leverage": 3}},
    {"rules": {"long": {"entry": {"above": ["close", 1]}}}},
]
WRONG_OF = {
    "run_config": [{"fee_bps": "10"}, {"fee_bps": -1}, {"seed": 1.5}, {"stops": {"stop": 0.1}}, {"grid": {}}],
    "sweep_config": [{"grid": {}}, {"grid": {"fast": []}}, {"grid": {"fast": {"start": 1}}}, {"batch_size": 0}],
    "preview_request": [{"limit": 0}, {"limit": 1_001}, {"features": {}}, {"features": {"ema": {"window": 5}}}],
}


def validator(name: str) -> Any:
    schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_every_schema_is_tried() -> None:
    assert {path.stem for path in (ROOT / "docs" / "schemas").iterdir()} == set(READ) == {name for name, *_ in SENT}


@pytest.mark.parametrize("name", READ)
def test_a_schema_stands_alone(name: str) -> None:
    text = (ROOT / "docs" / "schemas" / f"{name}.json").read_text()
    schema = json.loads(text)
    references = re.findall(r'"\$ref": "(.*)"', text)
    assert set(references) == {f"#/$defs/{part}" for part in schema["$defs"]}
    assert not re.search(r'"[gl][et]": -?\d', text), "a bound that JSON Schema does not know"
    assert schema["$id"] == f"urn:candlecloud:{name}"
    assert set(re.findall(r"\w+://[^\s\"`]*", text)) == {schema["$schema"]}, "no host but that of the dialect"


@GOOD
def test_an_example_fits(name: str, document: dict[str, Any]) -> None:
    validator(name).validate(document)
    READ[name](document)


@GOOD
def test_a_wrong_one_does_not(name: str, document: dict[str, Any]) -> None:
    check = validator(name)
    without = [{key: value for key, value in document.items() if key != left} for left in ("exchange", "timeframe")]
    for wrong in (*without, *(document | change for change in (*WRONG, *WRONG_OF[name]))):
        assert not check.is_valid(wrong), wrong
        with pytest.raises(CandlecloudError):
            READ[name](wrong)
