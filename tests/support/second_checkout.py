"""An older version of the code beside this one: a copy of the checkout with one edit, its handlers in a process."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from moto.server import ThreadedMotoServer

from candlecloud.settings import PREFIX
from infra.code_hashes.__main__ import main as write_table
from infra.code_hashes.rules import FOLDER, TABLE
from infra.code_hashes.table import moved, read
from infra.context import ROOT
from infra.local.client import ApiClient
from infra.local.functions import Handler
from infra.local.gateway import Gateway
from infra.local.http_server import HttpServer, bind
from infra.local.parts import read_gateway
from infra.local.platform import LocalPlatform

CORE = FOLDER.relative_to(ROOT)
OLD_COMMIT = "0" * 40
_GATED = "run_sweep_batch"
_SERVER = Path(__file__).with_name("checkout_process.py")
_WAIT_S = 60.0


def copy_checkout(folder: Path, module: str, text: str, other: str) -> list[str]:
    """Copy what ships, replace a text in one module, write the table of code; returns the entries that moved."""
    for part in ("functions", CORE):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    source = folder / CORE / module
    before = source.read_text()
    assert before.count(text) == 1, f"{module} has changed: name another text to replace"
    source.write_text(before.replace(text, other))
    assert write_table(["--folder", str(folder / CORE)]) == 0
    ours, theirs = (read((place / TABLE).read_text()) for place in (FOLDER, folder / CORE))
    return moved(theirs, ours)


class OldVersion:
    """The process of a copy. Of its sweep batches it takes as many as it is told to, the others wait.

    Attributes
    ----------
    library
        Where it has its code from.
    calls
        Jobs in the order in which it did them, each with when it was at them (monotonic seconds).
    """

    api: ApiClient

    def __init__(self, folder: Path, environments: Mapping[str, Mapping[str, str]], aws_url: str) -> None:
        paths = os.pathsep.join([str(folder / CORE), str(folder)])
        self._log = (folder / "log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_SERVER)],
            cwd=folder,
            env={**os.environ, "AWS_ENDPOINT_URL": aws_url, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._turn = threading.Lock()
        self._allowed, self._answered = threading.Semaphore(0), threading.Semaphore(0)
        self._environments = environments
        self.calls: list[tuple[str, float, float]] = []

    def start(self) -> None:
        self.library = str(self._send(self._environments))

    def load(self, job: str) -> Handler:
        """The job's handler, as `LocalFunctions` wants it."""
        return lambda event, context: self._take(event) if job == _GATED else self.ask(job, event)

    def let(self, batches: int) -> None:
        """Let so many more batches through."""
        self._allowed.release(batches)

    def wait(self, batches: int) -> None:
        """Wait until so many more batches are answered."""
        for _ in range(batches):
            assert self._answered.acquire(timeout=_WAIT_S), "a batch gave no answer"

    def ask(self, job: str, event: Any) -> Any:
        """Have it do something; what it raises is raised here, under the same name."""
        began = time.monotonic()
        try:
            return self._send({"job": job, "event": event})
        finally:
            self.calls.append((job, began, time.monotonic()))

    def end(self) -> None:
        """Kill it, and leave nobody waiting."""
        self._process.kill()
        self._process.wait()
        self._allowed.release(1_000)
        for stream in (self._process.stdin, self._process.stdout, self._log):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()

    def _take(self, event: Any) -> Any:
        assert self._allowed.acquire(timeout=_WAIT_S), "nobody let the batch through"
        try:
            return self.ask(_GATED, event)
        finally:
            self._answered.release()

    def _send(self, message: Any) -> Any:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with self._turn:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        assert line, f"the process has ended: {Path(self._log.name).read_text()[-2000:]}"
        answer = json.loads(line)
        if "raised" in answer:
            raise type(answer["raised"], (Exception,), {})(answer["message"])
        return answer["report"]


@contextmanager
def old_version(platform: LocalPlatform, folder: Path) -> Iterator[OldVersion]:
    """Serve a copy as version 0 of every function, with an address of its own for its API.

    Its API starts what it is asked for at version 0. The process reaches the platform's lake and table over HTTP.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # or it prints every request
    functions = platform.functions
    with ExitStack() as stack:
        moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)  # in this process, so its state is the platform's
        moto.start()
        stack.callback(moto.stop)
        environments = {job: _of_version_0(platform._environment(part)) for job, part in functions.parts.items()}
        old = OldVersion(folder, environments, "http://{}:{}".format(*moto.get_host_and_port()))
        stack.callback(old.end)
        old.start()
        functions.versions = {"0": old.load}
        gateway = Gateway(read_gateway(platform.template), functions, "api:0")
        stack.callback(gateway.close)
        old.api = ApiClient(stack.enter_context(HttpServer(gateway, bind(0))).url, platform.token)
        yield old


def _of_version_0(variables: dict[str, str]) -> dict[str, str]:
    named = f"{PREFIX}FUNCTIONS"
    if named in variables:
        functions = json.loads(variables[named])
        variables[named] = json.dumps({job: function.removesuffix(":1") + ":0" for job, function in functions.items()})
    return variables | {f"{PREFIX}GIT_HASH": OLD_COMMIT}
