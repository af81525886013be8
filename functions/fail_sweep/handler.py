"""A broken execution in: its sweep marked as failed."""

from __future__ import annotations

from candlecloud.jobs.fail_sweep import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("fail_sweep", Request, run)
