"""The handlers of one checkout, in a process that has nothing else of ours: started as a file.

Standard input: a line with the environments (job to variables), then a job and its event per line. Standard output: a
line per line, with the report or with what was raised. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from collections.abc import Mapping
from typing import Any, cast

import candlecloud
from candlecloud import wiring
from candlecloud.contract.sweep import SweepConfig
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.fan_out.batch_file import write_batch
from candlecloud.fan_out.collect import collect_batches
from candlecloud.fan_out.kinds.sweep import KIND
from candlecloud.jobs.run_inputs import read_inputs
from candlecloud.runs.identity import Identity
from candlecloud.store.stores import Stores

ALONE = "alone"
"""Asked for like a job: `alone`."""


def alone(stores: Stores, sweep_id: str) -> dict[str, str]:
    """What a recorded sweep gives in one batch, in this process, by this code: the files' bytes in hex."""
    record = stores.runs.get(sweep_id)
    assert record is not None
    identity, sets = Identity.read(SweepConfig, record.document), record.counts["sets"]
    config = cast(SweepConfig, identity.config)
    batch = write_batch(evaluate_batch(config, read_inputs(stores, config), 0, sets))
    found = collect_batches(KIND, identity, [{"batch": 0, "start": 0, "end": sets}], [batch], lambda *_: None)
    return {name: content.hex() for name, content in found.results.files.items()}


def _do(job: str, event: Mapping[str, Any]) -> Any:
    if job == ALONE:
        return alone(wiring.runtime_of("api").stores, event["sweep_id"])
    return importlib.import_module(f"functions.{job}.handler").handler(event, None)


def _answer(line: str) -> dict[str, Any]:
    try:
        return {"report": _do(**json.loads(line))}
    except Exception as error:  # noqa: BLE001 - Lambda answers with whatever was raised, too
        return {"raised": type(error).__name__, "message": str(error)}


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what handlers print is no answer
    asyncio.set_event_loop(asyncio.new_event_loop())  # Mangum asks for one
    wiring.configure(json.loads(sys.stdin.readline()))
    print(json.dumps({"report": candlecloud.__file__}), file=answers)
    for line in sys.stdin:
        print(json.dumps(_answer(line)), file=answers)


if __name__ == "__main__":
    _serve()
