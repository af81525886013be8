"""Run one handler as Lambda would, in an interpreter that has nothing but a bundle on its path.

Started with ``-I -S`` by `infra.bundle.try_out`, so it may import the standard library only. Its one argument is a file
with the job in JSON; the answer goes into a second file beside it.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any


class Context:
    """What a handler reads of Lambda's context."""

    function_name = "bare"
    function_version = "$LATEST"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:bare"
    aws_request_id = "00000000-0000-4000-8000-000000000000"
    log_group_name = "bare"
    log_stream_name = "bare"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Import the handler, call it unless there is no event, and say how long each took in ms."""
    sys.path[:0] = task["path"]
    started = time.perf_counter()
    from handler import handler  # type: ignore[import-not-found]

    answer: dict[str, Any] = {"import_ms": (time.perf_counter() - started) * 1000}
    if task["event"] is not None:
        started = time.perf_counter()
        answer["result"] = handler(task["event"], Context())
        answer["run_ms"] = (time.perf_counter() - started) * 1000
    outside = {str(Path(file)) for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))}
    allowed = (*task["path"], sys.prefix, sys.base_prefix, __file__)
    answer["outside"] = sorted(file for file in outside if not file.startswith(allowed))
    return answer


if __name__ == "__main__":
    task_file = Path(sys.argv[1])
    try:
        answer = run(json.loads(task_file.read_text()))
    except Exception:  # noqa: BLE001 - whatever it is, the caller shows it
        answer = {"error": traceback.format_exc()}
    task_file.with_suffix(".answer").write_text(json.dumps(answer))
