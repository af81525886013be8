"""Identity: the same configuration on the same candles by the same code is the same run, and gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from candlecloud.contract.run_spec import RunSpec, canonical_json
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

    config: RunSpec
    data_revision: str
    code_version: str

    @classmethod
    def read(cls, config: type[RunSpec], record: Mapping[str, Any]) -> Identity:
        """Read what `to_dict` wrote, from a record or a manifest."""
        return cls(config.from_dict(record["config"]), record["data_revision"], record["code_version"])

    @property
    def id(self) -> str:
        """``run_``, ``sweep_`` or another kind, and 128 bits of SHA-256 in hex."""
        kind = self.config.kind
        return f"{kind}_{hashlib.sha256(canonical_json({'kind': kind, **self.identity_payload()})).hexdigest()[:32]}"

    def identity_payload(self) -> dict[str, Any]:
        """What goes into the id and stands in the result."""
        return {
            "config": self.config.identity_dict(),
            "data_revision": self.data_revision,
            "code_version": self.code_version,
        }

    def to_dict(self) -> dict[str, Any]:
        """What the record of a run or sweep keeps: all that is needed to compute it, ``as_of`` included."""
        return self.identity_payload() | {"config": self.config.to_dict()}


def code_version_of(config: RunSpec) -> str:
    """Version of the code that computes a configuration here: of the engine and of the entries that it names."""
    return code_version(config.kind, config.entries)
