"""What was uploaded in: a file of own signals checked and stored."""

from __future__ import annotations

from candlecloud.jobs.check_signals import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("check_signals", Request, run, keep_status=False, log_report=False)
