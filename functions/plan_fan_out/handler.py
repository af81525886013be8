"""Run id of a fan-out in: its work cut into ready batches."""

from __future__ import annotations

from candlecloud.jobs.plan_fan_out import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("plan_fan_out", Request, run)
