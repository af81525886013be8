"""The table of candlecloud itself: fresh, the same under every Python, and moved by nothing but what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import parso
import pytest

from infra.code_hashes.__main__ import main
from infra.code_hashes.rules import FOLDER, RULES
from infra.code_hashes.table import Maker, moved, read
from infra.context import ROOT
from tests.support.reformatted import reformat

TEXT_IS_ALLOWED = False
"""Until features are named by their definitions; then this and ``--allow-text`` go."""
OPTIONS = ("--allow-text",) * TEXT_IS_ALLOWED
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
KINDS = {"changed kinds/run", "changed kinds/sweep"}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "python"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    return folder


def changes(folder: Path) -> set[str]:
    """What moved in a copy since the committed table."""
    committed = read((FOLDER / RULES.table).read_text())
    return set(moved(committed, Maker(replace(RULES, folder=folder)).table()))


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / "candlecloud" / name
    source = path.read_text()
    assert old in source
    path.write_text(source.replace(old, new, 1))


def pythons() -> dict[str, Path]:
    """Every supported Python that is installed here, by version."""
    found = [Path(sys.executable)]
    found += [Path(path) for version in SUPPORTED if (path := shutil.which(f"python{version}")) is not None]
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found += sorted(kept.glob("3.*/bin/python"))
    versions: dict[str, Path] = {}
    for path in found:
        told = subprocess.run([path, "-VV"], capture_output=True, text=True, check=False).stdout
        version = re.match(r"Python (3\.\d+)\.", told)
        if version is not None and version[1] in SUPPORTED:
            versions.setdefault(version[1], path)
    return versions


def test_the_committed_table_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    stale = main(["--check", *OPTIONS])
    assert (stale, capsys.readouterr().out) == (0, ""), "run `python -m infra.code_hashes`"


def test_nothing_is_asked_for_by_text() -> None:
    Maker(RULES).check(allow_text=TEXT_IS_ALLOWED)


def test_every_python_writes_the_same_table(copy: Path, tmp_path: Path) -> None:
    alone = tmp_path / "parso_alone"
    shutil.copytree(Path(parso.__file__).parent, alone / "parso", ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"PYTHONPATH": os.pathsep.join((str(alone), str(ROOT)))}
    committed = (FOLDER / RULES.table).read_text()
    installed = pythons()
    print("written by", *sorted(installed))
    for version, python in installed.items():
        (copy / RULES.table).unlink()
        command = [python, "-S", "-B", "-m", "infra.code_hashes", "--folder", copy, *OPTIONS]
        subprocess.run(command, env=environment, cwd=tmp_path, check=True)
        assert (copy / RULES.table).read_text() == committed, version


def test_reformatting_everything_moves_nothing(copy: Path) -> None:
    said = reformat(copy, "--line-length=80", "--config=format.quote-style='single'")
    assert int(said.split()[0]) > 100
    assert changes(copy) == set()


def test_a_docstring_a_venue_and_a_release_move_nothing(copy: Path) -> None:
    edit(copy, "experiments/run.py", '"""Compute one run, its', '"""Compute a run, its')
    edit(copy, "backtest/kernels/vectorised_engine.py", '"""', '"""Said otherwise. ')
    venues = copy / "candlecloud" / "exchange" / "venues"
    (venues / "another.py").write_text((venues / "kraken.py").read_text().replace('"kraken"', '"another"'))
    edit(copy, "exchange/venues/kraken.py", "page_limit=720", "page_limit=719")
    edit(copy, "errors.py", "\n\n", "\n\nANOTHER = 1\n\n")
    edit(copy, "__init__.py", '__version__ = "', '__version__ = "9')
    assert changes(copy) == set()


def test_another_dataset_moves_nothing(copy: Path) -> None:
    folder = copy / "candlecloud" / "market" / "datasets"
    candles = (folder / "candles.py").read_text()
    (folder / "tides.py").write_text(candles.replace("candles", "tides").replace("CANDLES", "TIDES"))
    assert changes(copy) == set()


@pytest.mark.parametrize(
    "name",
    ["vectorised_engine.py", "vectorised_engine.pxd", "bar_engine.py", "account.pxd", "tiles.py", "signal_words.pxd"],
)
def test_an_engine_kernel_moves_every_run(copy: Path, name: str) -> None:
    path = copy / "candlecloud" / "backtest" / "kernels" / name
    path.write_text(
        f"{path.read_text()}\ncdef int another\n" if name.endswith("pxd") else f"{path.read_text()}\nANOTHER = 1\n"
    )
    assert changes(copy) == KINDS


def test_the_form_of_a_result_moves_the_runs_that_have_it(copy: Path) -> None:
    edit(copy, "fan_out/kinds/sweep.py", 'RESULTS_SCHEMA = "', 'RESULTS_SCHEMA = "another.')
    assert changes(copy) == {"changed kinds/sweep"}
    edit(copy, "contract/results.py", '= "candlecloud.run/4"', '= "candlecloud.run/5"')
    assert changes(copy) == KINDS


def test_a_strategy_moves_itself_alone(copy: Path) -> None:
    edit(copy, "strategies/builtin/macd.py", "MACD = ", "def another(): return 1\n\n\nMACD = ")
    assert changes(copy) == set()
    edit(copy, "strategies/builtin/macd.py", '{"gt": ["lines.macd"', '{"ge": ["lines.macd"')
    assert changes(copy) == {"changed strategies/macd"}


def test_rules_move_no_run_of_another_strategy(copy: Path) -> None:
    path = copy / "candlecloud" / "strategies" / "rules" / "strategy.py"
    path.write_text(f"{path.read_text()}\nfor another in (1, 2):\n    print(another)\n")
    assert changes(copy) == {"changed strategies/rules"}


def test_a_kernel_of_features_moves_those_that_use_it(copy: Path) -> None:
    kernel = "candlecloud.features.kernels.recursive"
    maker = Maker(RULES)
    using = {e for e in maker.entries if any(r.name.startswith(f"{kernel}:") for r in maker.reached_by(e))}
    assert len(using) < len(maker.entries)
    path = copy / "candlecloud" / "features" / "kernels" / "recursive.py"
    path.write_text(f"{path.read_text()}\nANOTHER = 1\n")
    assert {line.removeprefix("changed ") for line in changes(copy)} == using


def test_what_an_entry_reaches_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print", "sizing/kelly_fraction"]) == 0
    assert "candlecloud.backtest.sizing.kelly_fraction:kelly_of_returns\n" in capsys.readouterr().out
    assert main(["--print", "sizing/nothing"]) == 2
    assert "no entry sizing/nothing" in capsys.readouterr().err


def test_stale_entries_are_named(copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = tmp_path / "old.json"
    shutil.copy(copy / RULES.table, old)
    edit(copy, "backtest/slippage/spread.py", "5_000.0", "4_900.0")
    place = ["--folder", str(copy), *OPTIONS]
    assert main([*place, "--check"]) == 1
    assert main([*place, "--diff", str(old)]) == 0
    assert capsys.readouterr().out == "changed slippage/spread\n" * 2
    assert main(place) == 0
    assert main([*place, "--check"]) == 0
