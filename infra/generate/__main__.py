"""``python -m infra.generate``: write what is made from code; ``--check`` only says what is stale, and exits with 1."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from infra.generate import features, kernels, metrics, schemas, strategies
from infra.generate.catalogue import catalogue_json
from infra.generate.datasets import datasets_page
from infra.generate.environment import environment_page
from infra.generate.routes import routes_page

ROOT = Path(__file__).resolve().parents[2]
_DECLARATIONS = "layers/core/python/candlecloud/backtest/kernels/generated"
FIGURES = "layers/core/python/candlecloud/metrics/figures.py"
"""What makes the rest imports it, so after a change of it a new process makes the rest."""
GENERATED: Mapping[str, Callable[[], str]] = {
    FIGURES: metrics.figures_module,
    "layers/core/python/candlecloud/catalogue.json": catalogue_json,
    "docs/features.md": features.reference_page,
    "docs/strategies.md": strategies.reference_page,
    "docs/environment.md": environment_page,
    "docs/metrics.md": metrics.metrics_page,
    "docs/data_dictionary.md": metrics.data_dictionary,
    "docs/datasets.md": datasets_page,
    "docs/schemas/run_config.json": schemas.run_config,
    "docs/schemas/sweep_config.json": schemas.sweep_config,
    "docs/schemas/preview_request.json": schemas.preview_request,
    "docs/openapi.json": schemas.openapi_json,
    f"{_DECLARATIONS}/marks.pxd": kernels.marks_declarations,
    **{f"{_DECLARATIONS}/{name}.pxd": partial(str, text) for name, text in kernels.layouts().items()},
    "docs/routes.md": routes_page,
}
"""Path to what makes its content; figures and the catalogue first, because the others read them."""


def main(argv: Sequence[str] | None = None, *, root: Path = ROOT) -> int:
    """Write or check; each file that changed, or would, is named on a line."""
    parser = argparse.ArgumentParser(prog="python -m infra.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where something is stale")
    check = parser.parse_args(argv).check
    stale = []
    for name, make in GENERATED.items():
        path, content = root / name, make().encode()
        if path.exists() and path.read_bytes() == content:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            if name == FIGURES and root == ROOT:
                print(f"written: {name}", flush=True)
                return subprocess.run([sys.executable, "-m", "infra.generate"], check=False).returncode
    for name in stale:
        print(f"stale: {name}" if check else f"written: {name}", flush=True)
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
