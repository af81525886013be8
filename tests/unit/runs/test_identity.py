"""Identity: it moves with configuration, candles and code, and with nothing else."""

from __future__ import annotations

import re
from typing import Any

from candlecloud.contract.run import RunConfig
from candlecloud.contract.sweep import SweepConfig
from candlecloud.market.ranges import TimeRange
from candlecloud.runs.code_version import ENGINE_VERSION
from candlecloud.runs.identity import Identity, code_version_of
from candlecloud.runs.lifecycle import kind_of

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
    assert [kind_of(Identity(c, "r", "c").id) for c in (config, identity().config)] == ["sweep", "run"]
    assert kind_of(f"walk_forward_{'0' * 32}") == "walk_forward"


def test_records_read_back() -> None:
    one = identity(as_of=5)
    assert Identity.read(RunConfig, one.to_dict()) == one
    config = SweepConfig.from_dict(BASE | {"grid": {"fast": [20, 30]}, "batch_size": 3}).pinned(SPAN, 4)
    sweep = Identity(config, "r", "c")
    assert Identity.read(SweepConfig, sweep.to_dict()) == sweep


def test_the_code_version_follows_what_a_configuration_names() -> None:
    """An id moves with the strategy, the models, the features of rules and the kind, and with nothing else."""
    run = RunConfig.from_dict(BASE)
    sweep = SweepConfig.from_dict(BASE | {"grid": {"fast": [20]}})
    rules = {"long": {"entry": {"gt": ["close", "mean"]}}}
    sma, ema = (
        RunConfig.from_dict(BASE | {"strategy": "rules", "rules": rules | {"features": {"mean": {"feature": name}}}})
        for name in ("sma", "ema")
    )
    others = [RunConfig.from_dict(BASE | {"slippage": {"model": "spread"}}), sweep, sma, ema]
    versions = [code_version_of(config) for config in (run, *others)]
    assert len(set(versions)) == 5
    assert all(re.fullmatch(rf"{ENGINE_VERSION}\+[0-9a-f]{{12}}", version) for version in versions)
    assert code_version_of(RunConfig.from_dict(BASE | {"parameters": {"fast": 3}, "fee_bps": 0})) == versions[0]
