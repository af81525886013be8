"""A broken execution in: its run marked as failed."""

from __future__ import annotations

from candlecloud.jobs.fail_fan_out import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("fail_fan_out", Request, run)
