"""Settings: what is in the environment, and words for what is wrong there."""

from __future__ import annotations

import pytest

from candlecloud.settings import CallerSettings, FunctionSettings
from candlecloud.wiring import read_settings

ENVIRONMENT = {"CANDLECLOUD_BUCKET": "lake", "CANDLECLOUD_TABLE": "index"}


def test_mappings_are_written_as_json() -> None:
    given = ENVIRONMENT | {"CANDLECLOUD_FUNCTIONS": '{"run_backtest": "arn:7"}'}
    assert read_settings("api", CallerSettings, given).functions == {"run_backtest": "arn:7"}


def test_only_the_given_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANDLECLOUD_GIT_HASH", "of the process")
    assert read_settings("api", FunctionSettings, ENVIRONMENT).git_hash is None


@pytest.mark.parametrize("text", ['{"run_backtest"', "", "[]", '{"run_backtest": 7}'])
def test_a_wrong_variable_is_named(text: str) -> None:
    with pytest.raises(RuntimeError, match=r"function api is not right: CANDLECLOUD_FUNCTIONS"):
        read_settings("api", CallerSettings, ENVIRONMENT | {"CANDLECLOUD_FUNCTIONS": text})


def test_every_missing_variable_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"CANDLECLOUD_BUCKET: .*; CANDLECLOUD_TABLE: "):
        read_settings("api", FunctionSettings, {})
