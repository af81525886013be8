"""The build of kernels: what changed and nothing else, no system compiler, no stale library left to import."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from infra.bundle.build import _IGNORED
from infra.bundle.kernels import bundle_processor
from infra.bundle.libraries import check_libraries
from infra.bundle.platforms import Target
from infra.context import ROOT
from infra.kernels.__main__ import main
from infra.kernels.build import Outcome, build_kernels, stale_kernels
from infra.kernels.sources import SUFFIX, Kernel, find_kernels
from infra.kernels.toolchain import LAMBDA_ARM64, LAMBDA_X86_64, host_processor, recipe

_TWICE = "def twice(number):\n    return number + number\n"
_TWICE_TYPES = "cpdef double twice(double number) noexcept\n"
_FOUR = "def four_times(number):\n    return twice(twice(number))\n"
_FOUR_TYPES = "from candlecloud.kernels.twice cimport twice\n\ncpdef double four_times(double number) noexcept\n"


class Tree:
    """A package of two kernels, of which one reads the declarations of the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "python"
        self.work = folder / "work"
        self.said: list[str] = []
        self.write("__init__.py", "")
        for name, text in (("__init__.py", ""), ("twice.py", _TWICE), ("twice.pxd", _TWICE_TYPES)):
            self.write(f"kernels/{name}", text)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / "candlecloud" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def build(self) -> Outcome:
        return build_kernels(host_processor(), self.said.append, folder=self.folder, work_folder=self.work)

    def stale(self) -> list[str]:
        return stale_kernels(host_processor(), self.folder, self.work)

    def run(self, module: str, expression: str) -> str:
        lines = (
            f"import sys; sys.path.insert(0, {str(self.folder)!r})",
            f"import candlecloud.kernels.{module} as m",
            f"print({expression})",
        )
        command = [sys.executable, "-I", "-S", "-c", "\n".join(lines)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_builds_without_a_compiler_of_the_system(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tree.run("twice", "m.twice(2), m.__file__[-3:]") == "4 .py"
    monkeypatch.setenv("PATH", str(tree.work))
    outcome = tree.build()
    assert (outcome.built, outcome.failures) == (["candlecloud.kernels.twice"], {})
    assert tree.run("twice", "m.twice(2), m.__file__[-8:]") == "4.0 .abi3.so"
    assert len(tree.said) == 1


def test_only_what_changed_is_built_again_and_dependants_with_it(tree: Tree) -> None:
    tree.write("kernels/four.py", _FOUR)
    tree.write("kernels/four.pxd", _FOUR_TYPES)
    both = ["candlecloud.kernels.four", "candlecloud.kernels.twice"]
    assert tree.build().built == both
    assert tree.run("four", "m.four_times(2)") == "8.0"
    assert tree.build() == Outcome([], both, {})
    tree.write("kernels/four.py", f"'''Said otherwise.'''\n{_FOUR}")
    assert tree.stale() == both[:1]
    assert tree.build() == Outcome(both[:1], both[1:], {})
    tree.write("kernels/twice.pxd", f"# said otherwise\n{_TWICE_TYPES}")
    assert tree.stale() == both
    broken = tree.write("kernels/twice.py", "def twice(number):\n    return (\n")
    outcome = tree.build()
    assert set(outcome.failures) == set(both)
    assert "twice.py" in outcome.failures[both[1]]
    assert "it works with candlecloud.kernels.twice" in outcome.failures[both[0]]
    assert list(tree.folder.rglob(f"*{SUFFIX}")) == []
    assert tree.stale() == []
    broken.write_text(_TWICE)
    assert tree.build().built == both
    tree.write("kernels/four.py", "def four_times(number):\n    return (\n")
    assert set(tree.build().failures) == set(both), "a compiled half does not fit an uncompiled one"
    assert list(tree.folder.rglob(f"*{SUFFIX}")) == []


def test_a_library_that_is_not_what_was_built_is_stale(tree: Tree) -> None:
    tree.build()
    assert tree.stale() == []
    (library,) = tree.folder.rglob(f"*{SUFFIX}")
    library.write_bytes(library.read_bytes() + b"\0")
    assert tree.stale() == ["candlecloud.kernels.twice"]
    assert tree.build().built == ["candlecloud.kernels.twice"]


def test_a_library_without_a_source_goes(tree: Tree) -> None:
    left = tree.write(f"kernels/gone{SUFFIX}", "")
    assert tree.stale() == [left.name]
    tree.build()
    assert not left.exists()


def test_several_builds_at_once_wait_for_each_other(tree: Tree) -> None:
    code = (
        "import sys; from pathlib import Path; from infra.kernels.build import build_kernels; "
        "from infra.kernels.toolchain import host_processor; "
        "out = build_kernels(host_processor(), print, folder=Path(sys.argv[1]), work_folder=Path(sys.argv[2])); "
        "sys.exit(bool(out.failures))"
    )
    command = [sys.executable, "-c", code, str(tree.folder), str(tree.work)]
    builds = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [build.communicate()[0].count("\n") for build in builds]
    assert [build.returncode for build in builds] == [0, 0, 0]
    assert sorted(said) == [0, 0, 1]
    assert tree.run("twice", "m.twice(2)") == "4.0"


def test_without_headers_the_build_says_what_to_install(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tree.build()
    tree.write("kernels/twice.py", f"{_TWICE}\n")
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"include": "/nowhere"})
    assert main([], folder=tree.folder, work_folder=tree.work) == 0
    said = capsys.readouterr().out
    assert "Not compiled: twice: Python.h is not in /nowhere (install" in said
    assert "the same numbers, hundreds to thousands of times slower" in said
    assert main(["--require"], folder=tree.folder, work_folder=tree.work) == 1
    assert tree.run("twice", "m.twice(2)") == "4"


@pytest.mark.parametrize("machine", ["aarch64", "x86_64"])
def test_lambdas_libraries_are_for_its_processor_and_c_library(tree: Tree, machine: str) -> None:
    processor = bundle_processor(Target("lambda", machine, tree.work))
    into = tree.work / "python"
    assert build_kernels(processor, tree.said.append, into=into, folder=tree.folder, work_folder=tree.work).built
    assert check_libraries(into, machine) == 1
    assert list(tree.folder.rglob(f"*{SUFFIX}")) == []
    again = build_kernels(processor, tree.said.append, into=into, folder=tree.folder, work_folder=tree.work)
    assert again.kept == ["candlecloud.kernels.twice"]


def test_every_processor_rounds_alike() -> None:
    for processor in (host_processor(), LAMBDA_ARM64, LAMBDA_X86_64):
        words = recipe(processor)
        assert "-ffp-contract=off" in words
        assert not [word for word in words if "fast-math" in word and word != "-fno-fast-math"]


def test_vector_instructions_are_used_where_there_are_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("platform.system", lambda: "Linux")
    cpuinfo = tmp_path / "cpuinfo"
    assert host_processor(cpuinfo).flags == ("-mcpu=x86_64",)
    cpuinfo.write_text("flags : fpu avx avx2 bmi1\n")
    assert host_processor(cpuinfo).flags == ("-mcpu=x86_64_v3",)


def test_no_library_of_this_machine_and_no_declaration_is_copied_into_a_bundle() -> None:
    names = ["event.py", "event.pxd", f"event{SUFFIX}", "event.pyc", "__pycache__"]
    assert _IGNORED("", names) == set(names) - {"event.py"}


def test_kernels_of_the_package_are_fresh() -> None:
    """`make test` compiles first; a failure here means that pytest alone was run after an edit."""
    assert stale_kernels(host_processor()) == [], "run: .venv/bin/python -m infra.kernels"


def test_the_package_has_kernels_and_their_libraries_are_not_tracked() -> None:
    kernels = find_kernels()
    assert kernels
    assert all(isinstance(kernel, Kernel) and kernel.source.exists() for kernel in kernels)
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert SUFFIX not in tracked
