"""Where the code of layers and functions comes from.

`make bundle` writes ``build/``; what is not built there is taken from its source folder, so that synth always works.
A template snapshot must not depend on what happens to be built: it takes the sources and a fixed hash.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_

from infra.context import ROOT

BUILD = ROOT / "build"
_EXCLUDED = ["**/__pycache__", "*.pyc", "requirements.in"]


class Assets:
    """Lambda code by layer or job name.

    Parameters
    ----------
    snapshot
        Take sources only and do not hash them.
    """

    def __init__(self, *, snapshot: bool, root: Path = ROOT) -> None:
        self._snapshot = snapshot
        self._root = root

    def layer(self, name: str) -> lambda_.Code:
        return self._code("layers", name)

    def function(self, job: str) -> lambda_.Code:
        return self._code("functions", job)

    def _code(self, kind: str, name: str) -> lambda_.Code:
        built = self._root / "build" / kind / name
        source = self._root / kind / name
        if self._snapshot:
            return lambda_.Code.from_asset(
                str(source), asset_hash=f"{kind}-{name}", asset_hash_type=AssetHashType.CUSTOM
            )
        if built.is_dir():
            return lambda_.Code.from_asset(str(built))
        return lambda_.Code.from_asset(str(source), exclude=_EXCLUDED)
