"""Progress bars and the functions' logs share one terminal without tearing each other."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys, threading
from pathlib import Path
from infra.local.logs import InvocationLogs
from infra.local.progress import Steps

steps, logs = Steps(), InvocationLogs(Path(sys.argv[1]))
def job():
    with logs.of("job"):
        print("a line of the function")
with steps.step("Start") as bar:
    logs.install()
with steps.step("Work", 10) as bar:
    for _ in range(10):
        thread = threading.Thread(target=job)
        thread.start()
        thread.join()
        bar.advance()
logs.uninstall()
steps.say("the end")
"""


def on_a_terminal(program: str, *arguments: str, timeout_s: float = 30) -> tuple[int, str]:
    """Run a program on a pseudo terminal and return its status and what it wrote."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT
    )
    os.close(theirs)
    written, deadline = b"", time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # Linux says so when the other side has closed
                break
            if not part:
                break
            written += part
        elif process.poll() is not None:
            break
    process.kill()
    status = process.wait()
    os.close(ours)
    return status, written.decode()


def test_function_output_goes_to_its_log_while_bars_run(tmp_path: Path) -> None:
    status, written = on_a_terminal(PROGRAM, str(tmp_path))
    assert status == 0, written
    assert "a line of the function" not in written
    assert "Work" in written
    assert "the end" in written
    assert (tmp_path / "job.log").read_text() == "a line of the function\n" * 10
