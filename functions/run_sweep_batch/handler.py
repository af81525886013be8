"""One batch of a sweep's plan in: its results stored under their own key, a few bytes out."""

from __future__ import annotations

from candlecloud.jobs.run_batch import Request, run_of
from candlecloud.wiring import job_handler

handler = job_handler("run_sweep_batch", Request, run_of("sweep"), keep_status=False)
