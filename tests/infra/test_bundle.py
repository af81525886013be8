"""The bundle's parts: locks, trimming, byte code, sizes, and the bare run."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from candlecloud.catalogue import EXCHANGES
from infra import fingerprint
from infra.bundle.byte_code import compile_folder
from infra.bundle.interpreter import find_interpreter
from infra.bundle.libraries import ForeignLibraryError, check_libraries
from infra.bundle.locks import DEV_LOCK, LAYERS, LEFT_OUT
from infra.bundle.measure import LIMIT_BYTES, FunctionSize, measure, size_table
from infra.bundle.platforms import UnsupportedHostError, host_target, lambda_target
from infra.bundle.readable import make_readable
from infra.bundle.trim import trim
from infra.bundle.wheels import RUNTIME_PACKAGES, runtime_requirements
from infra.context import ROOT
from infra.fingerprint import built_commit, stale_parts, write_fingerprints
from infra.functions import FUNCTIONS

_PIN = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)
_BARE = ROOT / "infra" / "bundle" / "bare.py"


def _pins(text: str) -> set[tuple[str, str]]:
    return {(name, version) for name, version, _ in _PIN.findall(text)}


@pytest.mark.parametrize("layer", LAYERS)
def test_layer_lock_is_hashed_and_within_the_development_lock(layer: str) -> None:
    text = (ROOT / "layers" / layer / "requirements.txt").read_text()
    pins = _pins(text)
    assert pins
    assert pins <= _pins(DEV_LOCK.read_text())
    assert "://" not in text
    for block in re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block
    assert not {name for name, _ in pins} & set(LEFT_OUT.get(layer, ()))


def test_lambdas_own_packages_are_cut_from_the_development_lock(tmp_path: Path) -> None:
    text = runtime_requirements(tmp_path).read_text()
    assert {name for name, _ in _pins(text)} == set(RUNTIME_PACKAGES)
    assert text.count("==") == len(RUNTIME_PACKAGES)


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_arrow_keeps_what_it_links_to(tmp_path: Path) -> None:
    linked = {
        "pyarrow/lib.cpython-313.so",
        "pyarrow/libarrow_python.so.2600",
        "pyarrow/libarrow_substrait.so.2600",
        "pyarrow/libarrow_dataset.so.2600",
        "pyarrow/libarrow_acero.so.2600",
        "pyarrow/compute.py",
        "pyarrow/vendored/docscrape.py",
    }
    unused = {
        "pyarrow/libarrow_python.so",
        "pyarrow/libarrow_python.so.2600.1.0",
        "pyarrow/libarrow_flight.so.2600",
        "pyarrow/libarrow_s3.so.2600",
        "pyarrow/_orc.cpython-313.so",
        "pyarrow/tests/test_array.py",
        "pyarrow/include/arrow/api.h",
        "pyarrow/lib.pyx",
        "bin/tool",
    }
    _touch(tmp_path, *linked, *unused)
    trim("arrow", tmp_path)
    assert _files(tmp_path) == linked


def test_exchange_keeps_our_venues_and_a_package_that_imports_no_other(tmp_path: Path) -> None:
    ours = {f"ccxt/{name}.py" for name in EXCHANGES} | {f"ccxt/abstract/{name}.py" for name in EXCHANGES}
    base = {"ccxt/__init__.py", "ccxt/abstract/__init__.py", "ccxt/base/exchange.py"}
    _touch(tmp_path, *ours, *base, "ccxt/okx.py", "ccxt/abstract/okx.py", "ccxt/pro/binance.py")
    _touch(tmp_path, "ccxt/async_support/kraken.py", "ccxt/test/tests_sync.py")
    trim("exchange", tmp_path)
    assert _files(tmp_path) == ours | base
    assert "import" not in (tmp_path / "ccxt/__init__.py").read_text()


def test_byte_code_is_never_checked_against_the_source(tmp_path: Path) -> None:
    _touch(tmp_path, "python/handler.py")
    (tmp_path / "python" / "handler.py").write_text("def handler(event, context):\n    return event\n")
    compile_folder(Path(sys.executable), tmp_path, "/opt")
    (compiled,) = tmp_path.rglob("*.pyc")
    assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 0b01
    assert b"/opt/python/handler.py" in compiled.read_bytes()


def test_an_interpreter_must_answer_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python9.9"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_interpreter("9.9") is None
    shim.write_text("#!/bin/sh\necho 9.9\n")
    assert find_interpreter("9.9") == shim


def test_lambda_target_takes_wheels_for_amazon_linux_2023() -> None:
    tags = lambda_target().tags
    assert tags[0] == "manylinux_2_34_aarch64"
    assert "manylinux2014_aarch64" in tags


def test_a_host_that_cannot_run_a_bundle_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    with pytest.raises(UnsupportedHostError, match="Darwin"):
        host_target()


def test_sizes_count_layers_and_code(tmp_path: Path) -> None:
    for name in {layer for spec in FUNCTIONS.values() for layer in spec.layers}:
        _touch(tmp_path, f"layers/{name}/python/a.py")
    for job in FUNCTIONS:
        _touch(tmp_path, f"functions/{job}/handler.py", f"functions/{job}/extra.py")
    sizes = {size.job: size for size in measure(tmp_path)}
    assert sizes["api"].total == len(FUNCTIONS["api"].layers) + 2
    assert sizes["api"].parts["code"] == 2


def test_a_function_above_budget_stands_out() -> None:
    small, big = FunctionSize("small", {"core": 1}), FunctionSize("big", {"core": round(LIMIT_BYTES * 0.61)})
    assert small.fits
    assert not big.fits
    table = size_table([small, big]).splitlines()
    assert table[2].endswith("above 60%")
    assert "61.0%" in table[2]


def test_a_build_is_stale_once_its_sources_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    for name in (*LAYERS, "core"):
        _touch(root, f"layers/{name}/requirements.txt")
    _touch(root, "layers/core/python/candlecloud/a.py", *(f"functions/{job}/handler.py" for job in FUNCTIONS))
    monkeypatch.setattr(fingerprint, "ROOT", root)
    build = tmp_path / "build"
    build.mkdir()
    assert len(stale_parts(build)) == len(FUNCTIONS) + len(LAYERS) + 1
    write_fingerprints(build)
    assert stale_parts(build) == []
    (root / "layers/core/python/candlecloud/a.py").write_text("changed")
    (root / "functions/api/handler.py").write_text("changed")
    assert stale_parts(build) == ["functions/api", "layers/core"]


def test_a_build_knows_its_commit_unless_our_code_was_changed_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, build = tmp_path / "root", tmp_path / "build"
    build.mkdir()
    _touch(root, "layers/core/python/candlecloud/a.py", "functions/api/handler.py", "README.md")
    monkeypatch.setattr(fingerprint, "ROOT", root)

    def git(*arguments: str) -> str:
        name = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        return subprocess.run(["git", *name, *arguments], cwd=root, capture_output=True, text=True, check=True).stdout

    assert built_commit(build) is None
    write_fingerprints(build)
    assert built_commit(build) is None, "no repository"
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    (root / "README.md").write_text("not what runs")
    write_fingerprints(build)
    assert built_commit(build) == git("rev-parse", "HEAD").strip()
    (root / "functions/api/handler.py").write_text("changed")
    write_fingerprints(build)
    assert built_commit(build) is None


def _library(path: Path, machine: int, needs: bytes) -> None:
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + machine.to_bytes(2, "little")
    path.write_bytes(head + b"\x00" + needs + b"\x00")


def test_libraries_are_for_the_target(tmp_path: Path) -> None:
    _library(tmp_path / "good.so", 183, b"GLIBC_2.34")
    (tmp_path / "script.so").write_text("INPUT(good.so)")
    assert check_libraries(tmp_path, "aarch64") == 1
    with pytest.raises(ForeignLibraryError, match=r"good\.so is for aarch64"):
        check_libraries(tmp_path, "x86_64")
    _library(tmp_path / "new.so.1", 183, b"GLIBC_2.38")
    with pytest.raises(ForeignLibraryError, match=r"new\.so\.1 needs glibc 2\.38"):
        check_libraries(tmp_path, "aarch64")


def _run_bare(tmp_path: Path, handler: str, event: object) -> dict[str, object]:
    folder = tmp_path / "function"
    folder.mkdir(exist_ok=True)
    (folder / "handler.py").write_text(handler)
    task = tmp_path / "task.json"
    task.write_text(json.dumps({"path": [str(folder)], "event": event}))
    subprocess.run([sys.executable, "-I", "-S", "-B", _BARE, task], check=True, env={})
    answer: dict[str, object] = json.loads(task.with_suffix(".answer").read_text())
    return answer


def test_bare_run_calls_the_handler(tmp_path: Path) -> None:
    source = "def handler(event, context):\n    return [event, context.get_remaining_time_in_millis() > 0]\n"
    answer = _run_bare(tmp_path, source, {"a": 1})
    assert answer["result"] == [{"a": 1}, True]
    assert answer["outside"] == []


def test_bare_run_only_imports_without_an_event(tmp_path: Path) -> None:
    answer = _run_bare(tmp_path, "def handler(event, context):\n    raise ValueError\n", None)
    assert "result" not in answer
    assert isinstance(answer["import_ms"], float)


def test_bare_run_has_nothing_else_on_its_path(tmp_path: Path) -> None:
    answer = _run_bare(tmp_path, "import pyarrow\ndef handler(event, context): ...\n", {})
    assert "No module named 'pyarrow'" in str(answer["error"])


def test_bare_run_names_modules_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.py").write_text("")
    source = f"import sys\nsys.path.append({str(tmp_path)!r})\nimport elsewhere\ndef handler(event, context): ...\n"
    assert _run_bare(tmp_path, source, {})["outside"] == [str(tmp_path / "elsewhere.py")]


def test_everybody_may_read_what_a_strict_umask_built(tmp_path: Path) -> None:
    tool, text = tmp_path / "layer" / "tool.so", tmp_path / "layer" / "python" / "module.py"
    text.parent.mkdir(parents=True)
    for path, mode in ((tool, 0o700), (text, 0o600), (text.parent, 0o700), (tool.parent, 0o700)):
        path.touch()
        path.chmod(mode)
    make_readable(tmp_path / "layer")
    modes = [path.stat().st_mode & 0o777 for path in (tool.parent, tool, text.parent, text)]
    assert modes == [0o755, 0o755, 0o755, 0o644]
