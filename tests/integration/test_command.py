"""The operator's command on real stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from candlecloud.command import main
from candlecloud.store.stores import Stores
from tests.support.candles import BTC_1H, JAN_2024, grid, make_table
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


def test_a_file_of_signals_is_checked_and_kept(
    stores: Stores, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stores.candles.merge(BTC_1H, make_table(BTC_1H, grid(BTC_1H, JAN_2024, 5)), JAN_2024)
    file = tmp_path / "targets.csv"
    file.write_text(f"open_time,target\n{JAN_2024},1\n")
    upload = [*NAMES, "signals", "upload", str(file), "--exchange", "binance", "--symbol", "BTC-USDT"]
    assert main([*upload, "--timeframe", "1h"]) == 0
    kept = stores.signals.get(capsys.readouterr().out.strip())
    assert kept is not None
    assert kept.rows(0).target.to_pylist() == [1.0]
    file.write_text(f"open_time,target\n{JAN_2024},long\n")
    assert main([*upload, "--timeframe", "1h"]) == 1
    assert "Row 1: target is not a number" in capsys.readouterr().err
    assert main([*upload, "--timeframe", "1M"]) == 1
    assert main([*NAMES, "signals", "upload", "targets.xlsx", *upload[7:], "--timeframe", "1h"]) == 1
    assert "none of .csv" in capsys.readouterr().err
