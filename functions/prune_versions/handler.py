"""Schedule in: old versions of the functions deleted."""

from __future__ import annotations

from candlecloud.jobs.prune_versions import Request, run
from candlecloud.settings import VersionSettings
from candlecloud.wiring import job_handler

handler = job_handler("prune_versions", Request, run, settings=VersionSettings)
