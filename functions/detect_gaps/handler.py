"""Schedule in: the holes of one series written down as gaps."""

from __future__ import annotations

from typing import Any

from candlecloud.jobs.detect_gaps import Request, run
from candlecloud.wiring import World, job_handler


@job_handler("detect_gaps")
def handler(event: dict[str, Any], world: World, *, deadline: int) -> dict[str, Any]:
    return run(Request.from_event(event), world.stores, clock=world.clock).to_dict()
