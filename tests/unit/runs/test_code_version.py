"""The code version: it moves with the entries that a run names, and with no other."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from candlecloud.backtest.sizing import SIZING
from candlecloud.backtest.slippage import SLIPPAGE
from candlecloud.fan_out.kinds import KINDS
from candlecloud.features.families import FEATURES
from candlecloud.runs import code_version as module
from candlecloud.runs.code_version import ENGINE_VERSION, code_version
from candlecloud.strategies.builtin import STRATEGIES
from infra.kernels.sources import PYTHON_FOLDER

RUN = ("strategies/dual_sma", "sizing/fixed_fraction", "slippage/fixed_bps")
RULES = ("strategies/rules", *RUN[1:])
TABLE = {
    "kinds": {"run": "k", "sweep": "w"},
    "strategies": {"dual_sma": "d", "rules": "r"},
    "features": {"sma": "s", "ema": "e"},
    "sizing": {"fixed_fraction": "f", "kelly_fraction": "g"},
    "slippage": {"fixed_bps": "b", "spread": "p"},
}


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, dict[str, str]]]:
    table = {family: dict(part) for family, part in TABLE.items()}
    monkeypatch.setattr(module, "_table", lambda: table)
    return table


def test_names_engine_and_hash() -> None:
    assert re.fullmatch(re.escape(ENGINE_VERSION) + r"\+[0-9a-f]{12}", code_version("run", RUN))


def test_each_thing_that_is_named_moves_it(table: dict[str, dict[str, str]]) -> None:
    seen = [
        code_version("run", RUN),
        code_version("sweep", RUN),
        code_version("run", (RUN[0], "sizing/kelly_fraction", RUN[2])),
        code_version("run", (*RUN[:2], "slippage/spread")),
        code_version("run", RULES),
        code_version("run", (*RULES, "features/sma")),
        code_version("run", (*RULES, "features/ema")),
        code_version("run", (*RULES, "features/ema", "features/sma")),
    ]
    assert len(set(seen)) == len(seen)
    for family, name in (("kinds", "run"), ("strategies", "dual_sma"), ("sizing", "fixed_fraction")):
        table[family][name] += "!"
        seen.append(code_version("run", RUN))
    assert len(set(seen)) == len(seen)


def test_nothing_else_moves_it(table: dict[str, dict[str, str]]) -> None:
    entries = (*RULES, "features/ema", "features/sma")
    before = code_version("run", entries)
    table["strategies"]["dual_sma"] = table["strategies"]["new"] = table["kinds"]["sweep"] = "other"
    table["features"]["wma"] = table["sizing"]["kelly_fraction"] = table["slippage"]["spread"] = "other"
    assert code_version("run", entries) == before


@pytest.mark.parametrize("family", ["strategies", "sizing", "slippage", "features"])
def test_unknown_entry_names_the_generator(family: str) -> None:
    with pytest.raises(RuntimeError, match=rf"{family}/nothing\. Run `python -m infra\.code_hashes`"):
        code_version("run", (*RUN, f"{family}/nothing"))


def test_every_entry_of_the_registries_has_a_version() -> None:
    families = {"strategies": (*STRATEGIES, "rules"), "features": FEATURES, "sizing": SIZING, "slippage": SLIPPAGE}
    entries = [f"{family}/{name}" for family, names in families.items() for name in names]
    for kind in ("run", *KINDS):
        code_version(kind, entries)


def test_needs_neither_numpy_nor_parso() -> None:
    lines = (
        "import sys",
        "from candlecloud.runs.code_version import code_version",
        f"code_version('run', {RUN!r})",
        "print([name for name in ('numpy', 'parso', 'pyarrow') if name in sys.modules])",
    )
    command = [sys.executable, "-c", "\n".join(lines)]
    environment = {"PYTHONPATH": str(PYTHON_FOLDER)}
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip() == "[]"
