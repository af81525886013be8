"""Identity: the same configuration on the same candles by the same code is the same run, and gives the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from candlecloud import __version__
from candlecloud.contract.run import RunConfig
from candlecloud.contract.setting import canonical_json
from candlecloud.contract.sweep import SweepConfig

# What a result depends on; a change of a store, the API or a job makes no other run of it.
_DECIDING = (
    "market",
    "parameters.py",
    "registry.py",
    "catalogue.py",
    "metrics",
    "features",
    "strategies",
    "backtest",
    "runs",
)
_SOURCES = (".py", ".pxd")  # a kernel's declarations choose its number types; the library is made from the two


@dataclass(frozen=True)
class Identity:
    """The three things that decide a result.

    Attributes
    ----------
    data_revision : str
        `candlecloud.market.checksum.market_checksum` of the candles, warm-up included.
    code_version : str
        `code_version` of the code that computes it.
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


@cache
def code_version() -> str:
    """Release and a hash of every source file that decides a result, such as ``0.1.0+4f2a9c01d3b7``.

    Raises
    ------
    RuntimeError
        If the sources are not there: a bundle must ship them beside the compiled files.
    """
    digest = hashlib.sha256()
    for part in _DECIDING:
        sources = list(_sources(files("candlecloud").joinpath(part), part))
        if not sources:
            raise RuntimeError(f"The sources of candlecloud/{part} are missing, so results could not be told apart.")
        for name, source in sources:
            digest.update(f"{name}\n".encode() + source.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def _sources(place: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    """Walk through a file or folder by name; compiled files are not looked at, so it is the same with and without."""
    if place.is_dir():
        for child in sorted(place.iterdir(), key=lambda child: child.name):
            yield from _sources(child, f"{name}/{child.name}")
    elif place.is_file() and name.endswith(_SOURCES):
        yield name, place
