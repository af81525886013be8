"""Schedule in: the holes of one series written down as gaps."""

from __future__ import annotations

from candlecloud.jobs.detect_gaps import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("detect_gaps", Request, run)
