"""The manifest: everything one needs to compute a run again, and by what it was computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from candlecloud.contract.run_spec import canonical_json
from candlecloud.runs.data_requirements import CandleCoverage
from candlecloud.runs.identity import Identity

SCHEMA = "candlecloud.manifest/1"


def build_manifest(
    identity: Identity, coverage: CandleCoverage, assumptions: Mapping[str, Any], libraries: Mapping[str, str]
) -> bytes:
    """Write a manifest.

    Parameters
    ----------
    assumptions : mapping
        The engine's switches by name.
    libraries : mapping
        Library to the version that computed the result.
    """
    return canonical_json(
        {
            "schema": SCHEMA,
            "id": identity.id,
            **identity.to_dict(),
            "data": coverage.to_dict(),
            "assumptions": assumptions,
            "libraries": libraries,
        }
    )
