"""Run id in: one backtest computed and its artifacts stored."""

from __future__ import annotations

from candlecloud.jobs.run_backtest import Request, run
from candlecloud.wiring import job_handler

handler = job_handler("run_backtest", Request, run)
