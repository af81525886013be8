"""What moves which hash, on a small package; the tool reads text alone, so nothing here could be imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.code_hashes.modules import UnresolvedError
from infra.code_hashes.rules import Kind, Rules
from infra.code_hashes.table import HiddenReferenceError, Maker, Table, moved, read, written
from tests.support.reformatted import reformat

SOURCES = {
    "__init__.py": "",
    "entry.py": '''
"""What an entry is."""
from dataclasses import dataclass

class Base:
    """Below all."""

@dataclass(frozen=True)
class Entry(Base):
    name: str
    compute: object
''',
    "errors.py": "class Wrong(ValueError):\n    code = 1\n",
    "kernels/__init__.py": "",
    "kernels/recursive.py": "def ema(values, window):\n    return values[0] / window\n",
    "kernels/recursive.pxd": "from pack.kernels.types cimport number\n\n"
    "cpdef double ema(const double[::1] values, int window)\n",
    "kernels/types.pxd": "ctypedef double number\n",
    "kernels/engine.py": "def walk(values):\n    return values\n",
    "kernels/engine.pxd": "cpdef double walk(const double[::1] values)\n",
    "arithmetic.py": '''
import numpy as np

SCALE = 10.0
LIMITS = []
for limit in (1, 2, 3):
    LIMITS.append(limit * 2)

def scaled(value, by=2):
    """Scale."""
    if value > LIMITS[0]:
        value = (value + by) * SCALE
        value = value - 1
    return np.floor(value)

def other(value):
    return value
''',
    "features/averages.py": '''
from __future__ import annotations
from typing import TYPE_CHECKING
from pack.entry import Entry
from pack.kernels import recursive
from pack.errors import Wrong

if TYPE_CHECKING:
    from pack.bars import Bars

def _decorated(function):
    return function

@_decorated
def sma_of(bars: Bars, window):
    from pack.arithmetic import scaled
    if window < 1:
        raise Wrong("no")
    return scaled(bars.close, window)

def ema_of(bars: "Bars", window):
    return recursive.ema(bars.close, window)

SMA = Entry(name="sma", compute=sma_of)
EMA = Entry(name="ema", compute=ema_of)
''',
    "bars.py": "class Bars:\n    close = 0.0\n",
    "features/__init__.py": "from pack.entry import Entry\nfrom pack.registry import Registry, many_per_module\n"
    "FEATURES: Registry[Entry] = Registry('feature', many_per_module(__name__, Entry))\n",
    "strategies/trend.py": "import pack.features.averages\nfrom pack.entry import Entry\n"
    "TREND = Entry(name='trend', compute=lambda bars: pack.features.averages.EMA.compute(bars, 3))\n",
    "strategies/hold.py": "from pack.entry import Entry\nHOLD = Entry(name='hold', compute=lambda bars: 1)\n",
    "registry.py": "class Registry:\n    def __init__(self, *entries): self.entries = entries\n"
    "def one_per_module(package, kind): return __import__(package)\nmany_per_module = one_per_module\n",
    "strategies/__init__.py": "from pack.entry import Entry\nfrom pack.registry import Registry, one_per_module\n"
    "STRATEGIES = Registry('strategy', one_per_module('pack.strategies', Entry))\n",
    "run.py": '''
from pack.kernels.engine import walk
from pack import features, strategies

BENCHMARK = "hold"

def evaluate(name):
    found = strategies.STRATEGIES.find(name), strategies.STRATEGIES.find(BENCHMARK)
    return walk(found), features.FEATURES.find(name)
''',
}  # fmt: skip


class Package:
    """The package on disk, and the hashes of its entries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, source in SOURCES.items():
            self.write(name, source)

    def write(self, name: str, source: str) -> None:
        path = self.folder / "pack" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)

    def edit(self, name: str, *changes: tuple[str, str]) -> None:
        path = self.folder / "pack" / name
        source = path.read_text()
        for old, new in changes:
            assert old in source
            source = source.replace(old, new)
        path.write_text(source)

    def maker(self, *uses: str) -> Maker:
        return Maker(
            Rules(
                registries={"features": "pack.features:FEATURES", "strategies": "pack.strategies:STRATEGIES"},
                kinds={"run": Kind(("pack.run:evaluate",), uses or ("strategies/hold",))},
                left_out={"pack.errors": "raised", "pack.registry": "finds"},
                folder=self.folder,
                package="pack",
            )
        )

    def table(self) -> Table:
        return self.maker().table()


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return Package(tmp_path)


def changed(package: Package, before: Table) -> set[str]:
    return {line.removeprefix("changed ") for line in moved(before, package.table())}


SMA, EMA, TREND, HOLD, RUN = "features/sma", "features/ema", "strategies/trend", "strategies/hold", "kinds/run"
ALL = {SMA, EMA, TREND, HOLD, RUN}


def test_entries_are_found(package: Package) -> None:
    assert {f"{family}/{name}" for family, part in package.table().items() for name in part} == ALL
    assert "pack.kernels.recursive:<kernel>" in [one.name for one in package.maker().reached_by(TREND)]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("arithmetic.py", "SCALE = 10.0", "# ten\nSCALE = 10.0  # for a reason"),
        ("arithmetic.py", '"""Scale."""', '"""Scale, and say so at length."""'),
        ("arithmetic.py", '"""Scale."""', ""),
        ("entry.py", '"""Below all."""', "pass"),
        ("arithmetic.py", "value - 1", "(\n            value\n            - 1\n        )"),
        ("arithmetic.py", "def other(value):\n    return value", "def other(value):\n    return value + 1"),
        ("arithmetic.py", "def other(value):", "def new():\n    return SCALE\n\ndef other(value):"),
        ("errors.py", "code = 1", "code = 2"),
        ("kernels/recursive.py", "def ema(", "# fast\ndef ema("),
        ("kernels/recursive.pxd", "cpdef", "# typed\n\ncpdef"),
        ("registry.py", "entries = entries", "entries = list(entries)"),
        ("registry.py", "return __import__(package)", "return sorted(package)"),
        ("features/__init__.py", "'feature'", "'indicator'"),
    ],
)
def test_moves_nothing(package: Package, name: str, old: str, new: str) -> None:
    before = package.table()
    package.edit(name, (old, new))
    assert changed(package, before) == set()


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("arithmetic.py", "SCALE = 10.0", "SCALE = 10.5", {SMA}),
        ("arithmetic.py", "(value + by) * SCALE", "value + by * SCALE", {SMA}),
        ("arithmetic.py", "        value = value - 1", "    value = value - 1", {SMA}),
        ("arithmetic.py", "by=2", "by=3", {SMA}),
        ("arithmetic.py", "limit * 2", "limit * 3", {SMA}),
        ("arithmetic.py", "import numpy as np", "import math as np", {SMA}),
        ("features/averages.py", "@_decorated\n", "", {SMA}),
        ("features/averages.py", "    return function", "    return lambda *a: function(*a)", {SMA}),
        ("features/averages.py", "import scaled", "import other as scaled", {SMA}),
        ("kernels/recursive.py", "/ window", "/ (window + 1)", {EMA, TREND}),
        ("kernels/recursive.pxd", "int window", "long window", {EMA, TREND}),
        ("kernels/types.pxd", "double", "float", {EMA, TREND}),
        ("kernels/engine.py", "return values", "return values[0]", {RUN}),
        ("kernels/engine.pxd", "double walk", "float walk", {RUN}),
        ("bars.py", "0.0", "1.0", {SMA, EMA, TREND}),
        ("strategies/trend.py", "(bars, 3)", "(bars, 4)", {TREND}),
        ("strategies/hold.py", ": 1)", ": 2)", {HOLD, RUN}),
        ("entry.py", "(frozen=True)", "", ALL),
        ("entry.py", "class Entry(Base)", "class Entry", ALL),
        ("entry.py", '    """Below all."""', "    below = 1", ALL),
        ("__init__.py", "", "import numpy\nnumpy.seterr(all='raise')\n", ALL),
    ],
)
def test_moves_exactly_what_reaches_it(package: Package, name: str, old: str, new: str, expected: set[str]) -> None:
    before = package.table()
    if old:
        package.edit(name, (old, new))
    else:
        package.write(name, new)
    assert changed(package, before) == expected


def test_two_imports_that_change_places_are_seen(package: Package) -> None:
    package.edit(
        "features/averages.py",
        ("import scaled", "import other, scaled"),
        ("scaled(bars.close", "scaled(other(1), bars.close"),
    )
    before = package.table()
    package.edit("features/averages.py", ("import other, scaled", "import scaled as other, other as scaled"))
    assert changed(package, before) == {SMA}


def test_a_condition_of_imports_is_seen(package: Package) -> None:
    choice = "if {}:\n    from pack.arithmetic import scaled\nelse:\n    from pack.arithmetic import other as scaled\n"
    package.edit("features/averages.py", ("    from pack.arithmetic import scaled\n", ""))
    package.edit("features/averages.py", ("def _decorated", f"{choice.format('fast')}\ndef _decorated"))
    before = package.table()
    package.edit("features/averages.py", ("if fast:", "if not fast:"))
    assert changed(package, before) == {SMA, EMA, TREND}


def test_moving_a_function_within_its_module_moves_nothing(package: Package) -> None:
    before = package.table()
    moving = 'def ema_of(bars: "Bars", window):\n    return recursive.ema(bars.close, window)\n'
    package.edit("features/averages.py", (moving, ""), ("def _decorated", f"{moving}\n\ndef _decorated"))
    assert changed(package, before) == set()


def test_another_entry_moves_no_other(package: Package) -> None:
    before = package.table()
    package.write("strategies/new.py", "from pack.entry import Entry\nNEW = Entry(name='new', compute=None)\n")
    package.edit("features/averages.py", ("SMA = Entry", "WMA = Entry(name='wma', compute=sma_of)\nSMA = Entry"))
    package.write("features/kernels/__init__.py", "")
    assert moved(before, package.table()) == ["added features/wma", "added strategies/new"]


def test_a_registry_that_no_run_names_entries_of_is_followed_into_all_of_them(package: Package) -> None:
    package.edit(
        "run.py", ("walk(found),", "walk(found), metrics.METRICS,"), ("import features,", "import features, metrics,")
    )
    source = SOURCES["features/__init__.py"].replace("FEATURES", "METRICS")
    package.write("metrics/__init__.py", source)
    package.write("metrics/mean.py", "from pack.entry import Entry\nMEAN = Entry('mean', compute=1)\n")
    package.maker("strategies/hold").check()
    before = package.table()
    package.edit("metrics/mean.py", ("compute=1", "compute=2"))
    assert changed(package, before) == {RUN}
    package.write("metrics/peak.py", "from pack.entry import Entry\nPEAK = Entry('peak', compute=1)\n")
    assert changed(package, before) == {RUN}
    assert "pack.metrics.peak:PEAK" in [one.name for one in package.maker().reached_by(RUN)]


@pytest.mark.parametrize(
    ("name", "source", "reason"),
    [
        ("features/none.py", "SLOW = 1\n", "features.none defines no Entry"),
        ("features/again.py", "from pack.entry import Entry\nSMA = Entry(name='sma')\n", "two entries named sma"),
        ("features/other.py", "from pack.entry import Entry\nSMA = str(Entry(name='a'))\n", "other defines no Entry"),
        ("features/__init__.py", "FEATURES = Registry('f', many_per_module(PACKAGE, Entry))\n", "does not say as text"),
        ("features/__init__.py", "FEATURES = Registry('f', {})\n", "discovers no entry"),
    ],
)
def test_what_discovery_cannot_follow_is_refused(package: Package, name: str, source: str, reason: str) -> None:
    package.write(name, source)
    with pytest.raises(UnresolvedError, match=reason):
        package.table()


def test_reformatting_moves_nothing(package: Package) -> None:
    before = package.table()
    assert "reformatted" in reformat(package.folder, "--line-length=40", "--config=format.quote-style='single'")
    assert changed(package, before) == set()


def test_references_that_lead_nowhere_are_refused(package: Package) -> None:
    package.edit("features/averages.py", ("import scaled", "import absent as scaled"))
    with pytest.raises(UnresolvedError, match=r"averages reads scaled: there is no absent in pack\.arithmetic"):
        package.table()
    package.edit("features/averages.py", ("from pack.arithmetic import absent", "from pack.nowhere import absent"))
    with pytest.raises(UnresolvedError, match=r"no module pack\.nowhere"):
        package.table()


def test_entries_without_a_name_are_refused(package: Package) -> None:
    package.edit("strategies/hold.py", ("name='hold'", "name=NAME"))
    with pytest.raises(UnresolvedError, match=r"pack\.strategies\.hold:HOLD says no name="):
        package.table()


def test_two_entries_of_one_name_are_refused(package: Package) -> None:
    package.edit("features/averages.py", ('name="ema"', 'name="sma"'))
    with pytest.raises(UnresolvedError, match="two entries named sma"):
        package.table()


@pytest.mark.parametrize(
    "hidden",
    ["deferred('a', 'b')", "import_module(x)", "FeatureUse('sma', {})", "FeatureUse(feature='sma')",
     "compute_feature(bars, 'sma', {})['sma']", "compute_feature(bars, feature='sma')", "FEATURES.find('sma').compute",
     "FEATURES.find(name='sma')", "eval('x')"],
)  # fmt: skip
def test_code_asked_for_by_text_is_refused(package: Package, hidden: str) -> None:
    package.maker().check()
    package.edit("strategies/trend.py", ("(bars, 3)", f"(bars, {hidden})"))
    with pytest.raises(HiddenReferenceError, match=r"pack\.strategies\.trend:TREND"):
        package.maker().check()
    package.maker().check(allow_text=True)


def test_names_of_a_module_bound_from_inside_are_refused(package: Package) -> None:
    package.edit("arithmetic.py", ("    if value >", "    global SCALE\n    SCALE = 1.0\n    if value >"))
    with pytest.raises(HiddenReferenceError, match=r"pack\.arithmetic:scaled: binds a name"):
        package.maker().check()


def test_a_kind_declares_what_it_asks_for_by_name(package: Package) -> None:
    with pytest.raises(HiddenReferenceError, match="BENCHMARK: spells 'hold', an entry of strategies"):
        package.maker("features/sma").check(allow_text=True)


def test_stars_and_bare_modules_are_followed_whole(package: Package) -> None:
    package.edit(
        "strategies/trend.py",
        ("(bars, 3)", "(bars, starred)"),
        ("import pack.features.averages\n", "import pack.features.averages\nfrom pack.bars import *\n"),
    )
    package.edit(
        "strategies/hold.py",
        (": 1)", ": arithmetic)"),
        ("from pack.entry", "from pack import arithmetic\nfrom pack.entry"),
    )
    before = package.table()
    package.edit("arithmetic.py", ("def other(value):\n    return value", "def other(value):\n    return value + 1"))
    assert changed(package, before) == {HOLD, RUN}


def test_written_tables_read_back(package: Package) -> None:
    table = package.table()
    assert read(written(table)) == table
    assert written(table).count("\n") == len(ALL) + 9
    with pytest.raises(ValueError, match="no table"):
        read("{}")
