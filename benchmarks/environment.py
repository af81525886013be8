"""The peers' environment, and what this machine is."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import venv
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from benchmarks.protocol import ROOT

LOCK = ROOT / "locks" / "peers.txt"
PEERS = ROOT / ".venv-peers"
PYTHON = PEERS / ("Scripts" if os.name == "nt" else "bin") / "python"
_READY = PEERS / ".ready"
_SHOWN = ("vectorbt", "vectorbt-rust", "numba", "pandas", "numpy", "backtesting")


def ensure_peers() -> Path:
    """The peers' interpreter; installs them, hash-checked, if the lock is new here.

    Raises
    ------
    SystemExit
        If pip fails, with what to do.
    """
    digest = sha256(LOCK.read_bytes()).hexdigest()
    if _READY.exists() and _READY.read_text() == digest:
        return PYTHON
    say("Installing vectorbt and backtesting.py into .venv-peers (a minute or two, 1 GB, once) ...")
    venv.create(PEERS, with_pip=True, clear=PEERS.exists())
    install = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(LOCK),
    ]
    done = subprocess.run(install, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(
            f"The peers do not install; `python -m benchmarks --quick` measures without them.\n{done.stderr[-1000:]}"
        )
    _READY.write_text(digest)
    return PYTHON


def machine_facts(peers: Path | None) -> str:
    """Processor, versions and load, as Markdown lines."""
    load = os.getloadavg()
    lines = [
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}, NumPy {version('numpy')}, kernels {_kernels()}",
        f"load average at the start: {load[0]:.2f} (1 min), {load[1]:.2f} (5 min)",
    ]
    if peers:
        lines.insert(2, "peers: " + ", ".join(_peer_versions(peers)))
    return "\n".join(f"- {line}" for line in lines)


def lock(arguments: Sequence[str] = ()) -> None:
    """Resolve ``locks/peers.txt`` anew from ``locks/peers.in``."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    options = [
        "--generate-hashes",
        "--no-emit-index-url",
        "--custom-compile-command",
        "python -m benchmarks.environment",
    ]
    subprocess.run(
        [*command, *options, *arguments, "locks/peers.in", "-o", "locks/peers.txt"],
        check=True,
        cwd=ROOT,
        env={**os.environ, "UV_PYTHON_DOWNLOADS": "never"},
    )


def say(line: str) -> None:
    """A line of progress, on standard error."""
    print(line, file=sys.stderr, flush=True)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _kernels() -> str:
    found = sorted((ROOT / "layers" / "core" / "python" / "candlecloud").rglob("kernels/*.abi3.so"))
    return f"compiled ({len(found)} modules)" if found else "not compiled (plain Python)"


def _peer_versions(peers: Path) -> list[str]:
    code = f"from importlib.metadata import version as v; print(*(n + ' ' + v(n) for n in {_SHOWN!r}), sep='|')"
    return subprocess.run([peers, "-c", code], check=True, capture_output=True, text=True).stdout.strip().split("|")


if __name__ == "__main__":
    lock(sys.argv[1:])
