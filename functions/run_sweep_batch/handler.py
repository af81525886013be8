"""One batch of a sweep's plan in: its results stored under their own key, a few bytes out."""

from __future__ import annotations

from typing import Any

from candlecloud.jobs.run_sweep_batch import Request, run
from candlecloud.wiring import World, job_handler


@job_handler("run_sweep_batch", keep_status=False)
def handler(event: dict[str, Any], world: World, *, deadline: int) -> dict[str, Any]:
    return run(Request.from_event(event), world.stores, now=world.clock()).to_dict()
