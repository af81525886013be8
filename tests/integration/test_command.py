"""The operator's command on real stores."""

from __future__ import annotations

import pytest

from candlecloud.command import main
from candlecloud.store.stores import Stores
from tests.support.cloud import BUCKET, REGION, TABLE

NAMES = ["--bucket", BUCKET, "--table", TABLE]


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("CANDLECLOUD_BUCKET", raising=False)
    monkeypatch.delenv("CANDLECLOUD_TABLE", raising=False)


def test_a_minted_token_opens_what_it_is_for(stores: Stores, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*NAMES, "tokens", "mint", "--name", "laptop", "--scopes", "read, run"]) == 0
    record = stores.tokens.lookup(capsys.readouterr().out.strip())
    assert record is not None
    assert (record.name, set(record.scopes)) == ("laptop", {"read", "run"})


def test_an_unknown_scope_is_refused(stores: Stores, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*NAMES, "tokens", "mint", "--name", "laptop", "--scopes", "everything"]) == 1
    assert "everything" in capsys.readouterr().err


def test_without_a_bucket_it_says_what_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tokens", "mint", "--name", "laptop"]) == 2
    assert "--bucket" in capsys.readouterr().err


def test_without_a_region_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    assert main([*NAMES, "tokens", "mint", "--name", "laptop"]) == 1
    assert "AWS_REGION" in capsys.readouterr().err
