"""Sweep id in: its parameter sets cut into ready batches."""

from __future__ import annotations

from candlecloud.jobs.plan_sweep import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("plan_sweep", Request, run)
