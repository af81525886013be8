"""Schedule or request in: holes of one series filled from the exchange, or explained."""

from __future__ import annotations

from typing import Any

from candlecloud.jobs.backfill_candles import Request, run
from candlecloud.wiring import World, job_handler


@job_handler("backfill_candles")
def handler(event: dict[str, Any], world: World, *, deadline: int) -> dict[str, Any]:
    request = Request.from_event(event)
    exchange = world.exchange(request.series.exchange)
    return run(request, world.stores, exchange, clock=world.clock, deadline=deadline).checked().to_dict()
