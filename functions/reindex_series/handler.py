"""Request in: the index of one series rebuilt from what S3 holds."""

from __future__ import annotations

from candlecloud.jobs.reindex_series import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("reindex_series", Request, run)
