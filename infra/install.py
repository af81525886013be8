"""Install the development lock and say how far it is: ``python infra/install.py .venv``, before anything is installed.

pip either says nothing for minutes or prints hundreds of lines. Here it writes all of them into ``<venv>/install.log``;
what it warns of is shown at once, and the end of the log when it fails.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = "locks/dev.txt"
NOISE = ("WARNING: Location ",)  # pip says so for each package of each folder that it was told to look into and lacks
STEP = 20
PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off")


def main(venv: Path) -> int:
    """Install the packages, then this project itself; 0, or what pip returned."""
    wanted = sum("==" in line and not line.startswith((" ", "#")) for line in (ROOT / LOCK).read_text().splitlines())
    python = str(venv / "bin" / "python")
    with (venv / "install.log").open("w") as log:
        return _run([python, *PIP, "--require-hashes", "-r", LOCK], log.name, venv, wanted) or _run(
            [python, *PIP, "--no-deps", "--no-build-isolation", "--editable", "."], log.name, venv, 0
        )


def _run(command: list[str], log: str, venv: Path, wanted: int) -> int:
    """Run pip; a second thread counts what stands in the folder of packages while it installs them."""
    pip = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    installing, ended = threading.Event(), threading.Event()
    counter = threading.Thread(target=_count_installed, args=(venv, wanted, installing, ended), daemon=True)
    counter.start()
    collected, last = 0, [""]
    assert pip.stdout is not None
    with Path(log).open("a") as out:
        for line in pip.stdout:
            out.write(line)
            if line.startswith(NOISE):
                continue
            last = [*last[-40:], line]
            if line.startswith(("WARNING", "ERROR", "DEPRECATION")):
                print(line, end="", flush=True)
            elif line.startswith("Collecting "):
                collected += 1
                if sys.stdout.isatty() or collected % STEP == 0:
                    _say("fetched", collected, wanted)
            elif line.startswith("Installing collected"):
                installing.set()
    code = pip.wait()
    ended.set()
    installing.set()
    counter.join()
    if sys.stdout.isatty():
        print()
    if code:
        print("".join(last) + f"pip failed; all that it said: {log}", file=sys.stderr)
    return code


def _count_installed(venv: Path, wanted: int, installing: threading.Event, ended: threading.Event) -> None:
    installing.wait()
    said = 0
    while not ended.wait(1):
        count = sum(1 for _ in venv.glob("lib/*/site-packages/*.dist-info"))
        if sys.stdout.isatty() or count >= said + STEP:
            said = count
            _say("installed", count, wanted)


def _say(done: str, count: int, wanted: int) -> None:
    """One line that is overwritten on a terminal; elsewhere a line each time."""
    line = f"  {done} {count} of at most {wanted} packages"
    print(f"\r{line}   " if sys.stdout.isatty() else line, end="" if sys.stdout.isatty() else "\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
