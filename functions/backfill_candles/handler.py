"""Schedule or request in: holes of one series filled from the exchange, or explained."""

from __future__ import annotations

from candlecloud.jobs.backfill_candles import Request, run
from candlecloud.settings import ExchangeSettings
from candlecloud.wiring import job_handler

handler = job_handler("backfill_candles", Request, run, settings=ExchangeSettings)
