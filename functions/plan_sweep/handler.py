"""Sweep id in: its parameter sets cut into ready batches."""

from __future__ import annotations

from typing import Any

from candlecloud.jobs.plan_sweep import Request, run
from candlecloud.wiring import World, job_handler


@job_handler("plan_sweep")
def handler(event: dict[str, Any], world: World, *, deadline: int) -> dict[str, Any]:
    return run(Request.from_event(event), world.stores, now=world.clock()).to_dict()
