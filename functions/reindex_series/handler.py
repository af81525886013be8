"""Request in: the index of one series rebuilt from what S3 holds."""

from __future__ import annotations

from typing import Any

from candlecloud.jobs.reindex_series import Request, run
from candlecloud.wiring import World, job_handler


@job_handler("reindex_series")
def handler(event: dict[str, Any], world: World, *, deadline: int) -> dict[str, Any]:
    return run(Request.from_event(event), world.stores, clock=world.clock).to_dict()
