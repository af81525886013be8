"""Identity: the same configuration on the same candles by the same code is the same run, and gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from candlecloud.contract.run import RunConfig
from candlecloud.contract.setting import canonical_json
from candlecloud.contract.sweep import SweepConfig
from candlecloud.runs.code_version import code_version


@dataclass(frozen=True)
class Identity:
    """The three things that decide a result.

    Attributes
    ----------
    data_revision : str
        `candlecloud.market.checksum.market_checksum` of the candles, warm-up included.
    code_version : str
        `code_version_of` the configuration, where it was submitted.
    """

    config: RunConfig | SweepConfig
    data_revision: str
    code_version: str

    @property
    def id(self) -> str:
        """``run_`` or ``sweep_`` and 128 bits of SHA-256 in hex."""
        kind = "run" if isinstance(self.config, RunConfig) else "sweep"
        return f"{kind}_{hashlib.sha256(canonical_json({'kind': kind, **self.deciding()})).hexdigest()[:32]}"

    def deciding(self) -> dict[str, Any]:
        """What goes into the id and stands in the result."""
        return {
            "config": self.config.identity_dict(),
            "data_revision": self.data_revision,
            "code_version": self.code_version,
        }

    def to_dict(self) -> dict[str, Any]:
        """What the record of a run or sweep keeps: all that is needed to compute it, ``as_of`` included."""
        return self.deciding() | {"config": self.config.to_dict()}


def run_identity(record: Mapping[str, Any]) -> Identity:
    """Read the identity of a run from its record."""
    return Identity(RunConfig.from_dict(record["config"]), record["data_revision"], record["code_version"])


def sweep_identity(record: Mapping[str, Any]) -> Identity:
    """Read the identity of a sweep from its record."""
    return Identity(SweepConfig.from_dict(record["config"]), record["data_revision"], record["code_version"])


def code_version_of(config: RunConfig | SweepConfig) -> str:
    """Version of the code that computes a configuration here: of the engine and of the entries that it names."""
    features = () if config.rules is None else [named["feature"] for named in config.rules["features"].values()]
    return code_version(
        "backtest" if isinstance(config, RunConfig) else "sweep",
        strategy=config.strategy,
        features=features,
        sizing=config.sizing.model,
        slippage=config.slippage.model,
    )
