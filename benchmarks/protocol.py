"""Two processes take turns: a worker reads one JSON command a line, works, and answers with its CPU time and result.

Needs NumPy only, because it also runs in the environment of the peers, which has nothing of candlecloud.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "layers" / "core" / "python"
"""This tree's candlecloud is what is measured, whichever one an environment has installed."""

_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMBA", "RAYON", "VECLIB_MAXIMUM", "NUMEXPR")
ONE_THREAD = {**{f"{name}_NUM_THREADS": "1" for name in _LIBRARIES}, "TQDM_DISABLE": "1"}
"""Environment of every worker: no library may use a second thread, or draw progress bars."""

MEMORY_KEPT = {**ONE_THREAD, **{f"MALLOC_{name}_": str(2**30) for name in ("TRIM_THRESHOLD", "MMAP_THRESHOLD")}}
"""Besides, the C library keeps what is freed. As installed it gives much back, and every array is paged in anew."""

Columns = Mapping[str, Any]
Task = Callable[..., Any]


class WorkerFailedError(RuntimeError):
    """A worker died or its task raised; the message has what it said."""


@dataclass(frozen=True)
class Answer:
    """What came of one command.

    Attributes
    ----------
    cpu_s : float
        CPU seconds of one call, all threads of the process; the median if it was repeated.
    peak_mb : float
        Largest resident size of the process so far, MB.
    result : Any
        JSON.
    """

    cpu_s: float
    peak_mb: float
    result: Any


class Worker:
    """A process that knows one series at a time and runs named tasks on it."""

    def __init__(self, name: str, python: Path, module: str, environment: Mapping[str, str] = ONE_THREAD) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, "-W", "ignore", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, LIBRARY)))},
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()  # that ends it
        self._process.wait()
        self._process.stdout.close()

    def load(self, series: Path) -> None:
        """Let the tasks work on a series: an ``.npz`` of arrays."""
        self._send({"load": str(series)})

    def ask(self, task: str, repeat: int = 1, **arguments: Any) -> Answer:
        """Run a task `repeat` times in a row and give the median time and the last result.

        Raises
        ------
        WorkerFailedError
            If the task raises or the process dies.
        """
        return Answer(**self._send({"task": task, "repeat": repeat, "arguments": arguments}))

    def _send(self, command: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": f"it died ({self._process.wait()})"}
        if "error" in answer:
            raise WorkerFailedError(f"{self.name}: {command.get('task', 'load')}: {answer['error']}")
        return answer


def serve(tasks: Mapping[str, Task]) -> None:
    """Answer commands until the other side closes the pipe. What libraries print goes to standard error."""
    gc.collect()
    gc.freeze()  # what was imported is never garbage
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    series: dict[str, Any] = {}
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if "load" in command:
                with np.load(command["load"]) as stored:
                    series = {name: stored[name] for name in stored.files}
                answer = {}
            else:
                answer = _timed(tasks[command["task"]], series, command["repeat"], command["arguments"])
        except Exception as error:  # noqa: BLE001 - whatever it is, the other side shows it
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _timed(task: Task, series: Columns, repeat: int, arguments: Mapping[str, Any]) -> dict[str, Any]:
    gc.collect()
    times = []
    for _ in range(repeat):
        started = time.process_time()
        result = task(series, **arguments)
        times.append(time.process_time() - started)
    return {"cpu_s": median(times), "peak_mb": peak_mb(), "result": plain(result)}


def plain(result: Any) -> Any:
    """Arrays as lists, so that JSON takes them; a float64 comes back bit for bit."""
    if isinstance(result, Mapping):
        return {name: plain(value) for name, value in result.items()}
    return result.tolist() if isinstance(result, np.ndarray | np.generic) else result


def peak_mb() -> float:
    """Largest resident size of this process so far, MB (10**6 bytes); 0 where the system does not say.

    Not ``getrusage``, which starts at the size of the process that started this one.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM")), 0.0)
