"""What to compute in: features or targets on stored candles, as the API shows them."""

from __future__ import annotations

from candlecloud.jobs.preview_series import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("preview_series", Request, run, keep_status=False, log_report=False)
