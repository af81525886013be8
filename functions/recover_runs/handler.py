"""Schedule in: work that nobody does any more begun anew."""

from __future__ import annotations

from candlecloud.jobs.recover_runs import Request, run
from candlecloud.settings import CallerSettings
from candlecloud.wiring import job_handler

handler = job_handler("recover_runs", Request, run, settings=CallerSettings)
