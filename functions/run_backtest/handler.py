"""Run id in: one backtest computed and its artifacts stored."""

from __future__ import annotations

from typing import Any

from candlecloud.jobs.run_backtest import Request, run
from candlecloud.wiring import World, job_handler


@job_handler("run_backtest")
def handler(event: dict[str, Any], world: World, *, deadline: int) -> dict[str, Any]:
    return run(Request.from_event(event), world.stores, now=world.clock()).to_dict()
