"""Sweep id in: planned batches compared with present ones, results put together."""

from __future__ import annotations

from candlecloud.jobs.collect_sweep import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("collect_sweep", Request, run)
