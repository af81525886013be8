"""What a registry finds, discovers and refuses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from candlecloud.errors import UnknownStrategyError
from candlecloud.registry import Registry, many_per_module, one_per_module
from candlecloud.spec import Spec

PACKAGE = "discovered_entries"
ENTRY = "from candlecloud.spec import Spec\n{} = Spec(name={!r}, description='One.')\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of entries that stands nowhere else."""
    folder = tmp_path / PACKAGE
    (folder / "kernels").mkdir(parents=True)
    for name in ("__init__.py", "kernels/__init__.py"):
        (folder / name).write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_a_registry_is_filled_when_it_is_first_read() -> None:
    calls: list[int] = []

    def load() -> list[Spec]:
        calls.append(1)
        return [Spec(name=name, description="One.") for name in ("first", "second")]

    registry = Registry("strategy", load, field="strategy", error=UnknownStrategyError)
    assert calls == []
    assert list(registry) == ["first", "second"]
    assert "first" in registry
    assert registry.find("second").warmup_bars({}) == 1
    assert calls == [1]
    with pytest.raises(UnknownStrategyError, match="There is no strategy 'secnd'") as caught:
        registry.find("secnd", "body.strategy")
    assert caught.value.hint == "Did you mean second? Use one of first, second."
    assert caught.value.details == {"field": "body.strategy", "allowed": ["first", "second"]}


def test_two_entries_of_one_name_are_refused() -> None:
    registry = Registry("strategy", [Spec(name="one", description=text) for text in "ab"], field="strategy")
    with pytest.raises(ValueError, match="Two entries are named 'one'"):
        list(registry)


def test_one_entry_per_module_is_imported_alone(folder: Path) -> None:
    for name in ("slow", "fast"):
        (folder / f"{name}.py").write_text(ENTRY.format(name.upper(), name))
    (folder / "broken.py").write_text("raise RuntimeError('imported')\n")
    registry = Registry("kind", one_per_module(PACKAGE, Spec), field="kind")
    assert (list(registry), len(registry), "slow" in registry) == (["broken", "fast", "slow"], 3, True)
    assert registry.find("slow").name == "slow"
    assert registry["slow"] is registry.find("slow")
    assert f"{PACKAGE}.slow" in sys.modules
    assert f"{PACKAGE}.fast" not in sys.modules
    for absent in ("slwo", "kernels", "__init__", ""):
        with pytest.raises(KeyError):
            registry[absent]


def test_a_module_without_its_entry_is_refused(folder: Path) -> None:
    (folder / "fast.py").write_text(ENTRY.format("FAST", "another"))
    registry = Registry("kind", one_per_module(PACKAGE, Spec), field="kind")
    with pytest.raises(TypeError, match=r"discovered_entries\.fast must define a Spec named 'fast'"):
        registry["fast"]


def test_many_entries_per_module_are_in_alphabetical_order_and_taken_once(folder: Path) -> None:
    (folder / "trend.py").write_text(ENTRY.format("WMA", "wma") + "SMA = Spec(name='sma', description='One.')\n")
    (folder / "channel.py").write_text(ENTRY.format("BANDS", "bands") + f"from {PACKAGE}.trend import WMA\n")
    registry = Registry("feature", many_per_module(PACKAGE, Spec), field="feature")
    assert f"{PACKAGE}.trend" not in sys.modules
    assert list(registry) == ["bands", "sma", "wma"]


def test_two_modules_with_one_name_are_refused(folder: Path) -> None:
    for name in ("channel", "trend"):
        (folder / f"{name}.py").write_text(ENTRY.format("SMA", "sma").replace("One", name))
    with pytest.raises(ValueError, match="Two entries are named 'sma'"):
        list(Registry("feature", many_per_module(PACKAGE, Spec), field="feature"))
