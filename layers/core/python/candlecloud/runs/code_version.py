"""The version of the code behind a run: of the engine, and of those entries that the run names, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

ENGINE_VERSION = "1"
"""Raised by hand where results change though no code of ours does, such as with a new NumPy."""

TABLE = "code_hashes.json"
_SCHEMA = 1
_AGAIN = "Run `python -m infra.code_hashes`, which writes it."
Table: TypeAlias = Mapping[str, Mapping[str, str]]


def code_version(kind: str, entries: Iterable[str]) -> str:
    """Engine version and a hash of all code that a run reaches, such as ``1+4f2a9c01d3b7``.

    Parameters
    ----------
    kind : str
        What computes it: ``run``, or a kind of fan-out.
    entries : iterable of str
        What its configuration names, as ``strategies/dual_sma``.

    Raises
    ------
    RuntimeError
        If the table of code is missing or does not know one of these.
    """
    lines = [f"{entry} {_hash_of(*entry.split('/'))}\n" for entry in (f"kinds/{kind}", *entries)]
    return f"{ENGINE_VERSION}+{hashlib.sha256(''.join(lines).encode()).hexdigest()[:12]}"


def _hash_of(family: str, name: str) -> str:
    known = _table().get(family, {})
    if name not in known:
        raise RuntimeError(f"The table of code knows no {family}/{name}. {_AGAIN}")
    return known[name]


@cache
def _table() -> Table:
    place = files("candlecloud.runs").joinpath(TABLE)
    if not place.is_file():
        raise RuntimeError(f"The table of code is missing. {_AGAIN}")
    table: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    if table.pop("schema", None) != _SCHEMA:
        raise RuntimeError(f"The table of code has another schema. {_AGAIN}")
    return table
