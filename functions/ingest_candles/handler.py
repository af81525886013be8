"""Schedule or request in: new closed candles of one series into the lake."""

from __future__ import annotations

from typing import Any

from candlecloud.jobs.ingest_candles import Request, run
from candlecloud.wiring import World, job_handler


@job_handler("ingest_candles")
def handler(event: dict[str, Any], world: World, *, deadline: int) -> dict[str, Any]:
    request = Request.from_event(event)
    exchange = world.exchange(request.series.exchange)
    return run(request, world.stores, exchange, clock=world.clock, deadline=deadline).checked().to_dict()
