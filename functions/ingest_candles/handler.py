"""Schedule or request in: new closed candles of one series into the lake."""

from __future__ import annotations

from candlecloud.jobs.ingest_candles import Request, run
from candlecloud.settings import ExchangeSettings
from candlecloud.wiring import job_handler

handler = job_handler("ingest_candles", Request, run, settings=ExchangeSettings)
