"""Identity: it moves with configuration, candles and code, and with nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from candlecloud.contract.run import RunConfig
from candlecloud.contract.sweep import SweepConfig
from candlecloud.market.ranges import TimeRange
from candlecloud.runs.identity import Identity, code_version, run_identity, sweep_identity
from infra.kernels.sources import PYTHON_FOLDER

BASE: dict[str, Any] = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma"}
SPAN = TimeRange(0, 3_600_000)


def identity(as_of: int = 0, revision: str = "r", code: str = "c", **fields: Any) -> Identity:
    return Identity(RunConfig.from_dict(BASE | fields).pinned(SPAN, as_of), revision, code)


def test_same_things_same_id() -> None:
    assert identity().id == identity(as_of=99, symbol="BTC/USDT", timeframe="60m", fee_bps=10).id
    assert re.fullmatch(r"run_[0-9a-f]{32}", identity().id)


def test_other_things_other_id() -> None:
    others = [
        identity(revision="s"),
        identity(code="d"),
        identity(fee_bps=11),
        identity(seed=1),
        identity(parameters={"fast": 21}),
        identity(direction="both"),
        identity(symbol="ETH-USDT"),
    ]
    assert len({i.id for i in (identity(), *others)}) == 8


def test_sweeps_have_ids_of_their_own() -> None:
    config = SweepConfig.from_dict(BASE | {"grid": {"fast": [20]}}).pinned(SPAN, 0)
    assert Identity(config, "r", "c").id.startswith("sweep_")


def test_records_read_back() -> None:
    one = identity(as_of=5)
    assert run_identity(one.to_dict()) == one
    config = SweepConfig.from_dict(BASE | {"grid": {"fast": [20, 30]}, "batch_size": 3}).pinned(SPAN, 4)
    sweep = Identity(config, "r", "c")
    assert sweep_identity(sweep.to_dict()) == sweep


def test_code_version_names_release_and_sources() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\+[0-9a-f]{12}", code_version())


def test_code_version_sees_kernels_and_their_declarations_and_no_library(tmp_path: Path) -> None:
    package = tmp_path / "candlecloud"
    ignored = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(PYTHON_FOLDER / "candlecloud", package, ignore=ignored)
    code = "from candlecloud.runs.identity import code_version; print(code_version())"

    def version() -> str:
        command = [sys.executable, "-B", "-c", code]
        environment = {"PYTHONPATH": str(tmp_path)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    seen = [version()]
    assert seen == [code_version()]
    (package / "backtest" / "kernels" / "left.abi3.so").write_bytes(b"\x7fELF")
    (package / "arrays.py").write_text((package / "arrays.py").read_text() + "\n")
    assert version() == seen[0]
    for name in ("backtest/kernels/event.py", "backtest/kernels/event.pxd", "parameters.py"):
        source = package / name
        source.write_text(f"{source.read_text()}\n")
        seen.append(version())
    assert len(set(seen)) == 4
