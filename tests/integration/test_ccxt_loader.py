"""Importing one exchange of ccxt and not the other hundred, also from a layer that holds only ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import ccxt

from candlecloud.catalogue import EXCHANGES

_LIBRARY = Path(__file__).parents[2] / "layers" / "core" / "python"
_LOOK = """
import json, sys
from candlecloud.exchange.ccxt_loader import load_venue_class
names = [load_venue_class(name).__name__ for name in {names!r}]
loaded = sorted(name for name in sys.modules if name.startswith("ccxt."))
import ccxt
from ccxt import NetworkError
print(json.dumps([names, loaded, ccxt.__file__, ccxt.__version__, NetworkError.__name__, ccxt.{first}.__name__]))
"""


def look(names: tuple[str, ...], *path: Path) -> tuple[list[str], list[str], str, str, str, str]:
    """Load classes in a fresh interpreter; gives names, modules of ccxt, its place, and what it says of itself."""
    code = _LOOK.format(names=names, first=names[0])
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(map(str, (*path, _LIBRARY)))},
        capture_output=True,
        text=True,
        check=True,
    )
    found: tuple[list[str], list[str], str, str, str, str] = json.loads(done.stdout)
    return found


def test_only_the_class_that_is_needed_is_imported() -> None:
    names, modules, _, version, error, first = look(("binance",))
    assert names == ["binance"]
    exchanges = {name for name in modules if name.count(".") == 1} - {"ccxt.base", "ccxt.abstract"}
    assert exchanges <= {"ccxt.binance", "ccxt.static_dependencies"}
    assert len(modules) < 20
    # Who says `import ccxt` later finds what it looks for.
    assert (version, error, first) == (ccxt.__version__, "NetworkError", "binance")


def test_a_trimmed_layer_is_enough(tmp_path: Path) -> None:
    """The exchange layer holds base, abstract, static dependencies and the files of our venues; no ``__init__``."""
    whole = Path(ccxt.__file__).parent
    trimmed = tmp_path / "ccxt"
    for folder in ("base", "static_dependencies"):
        shutil.copytree(whole / folder, trimmed / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (trimmed / "abstract").mkdir()
    for name in EXCHANGES:
        shutil.copy(whole / f"{name}.py", trimmed)
        shutil.copy(whole / "abstract" / f"{name}.py", trimmed / "abstract")
    (trimmed / "__init__.py").write_text('raise RuntimeError("the package itself is never run")\n')
    names, _, place, *_ = look(tuple(EXCHANGES), tmp_path)
    assert names == list(EXCHANGES)
    assert place.startswith(str(tmp_path))
