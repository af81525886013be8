"""Run id of a fan-out in: planned batches compared with present ones, results put together."""

from __future__ import annotations

from candlecloud.jobs.collect_fan_out import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("collect_fan_out", Request, run)
