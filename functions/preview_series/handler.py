"""What to compute in: features or targets on stored candles, as the API shows them."""

from __future__ import annotations

from typing import Any

from candlecloud.jobs.preview_series import run
from candlecloud.wiring import World, job_handler


@job_handler("preview_series", keep_status=False, log_report=False)
def handler(event: dict[str, Any], world: World, *, deadline: int) -> dict[str, Any]:
    return run(event, world.stores).to_dict()
