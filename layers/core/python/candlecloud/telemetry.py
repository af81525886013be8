"""Logs and metrics of a function, through Powertools: JSON lines, and EMF metrics that need no API call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "candlecloud"


@lru_cache
def logger(function: str) -> Logger:
    """The function's structured logger."""
    return Logger(service=function)


@contextmanager
def observe(function: str, **keys: Any) -> Iterator[Logger]:
    """Log and measure one invocation.

    Emits ``Success`` or ``Failure`` (count) and ``Duration`` (ms) with the function as the service dimension, and logs
    a failure with its type before passing it on.
    """
    log = logger(function)
    metrics = Metrics(namespace=NAMESPACE, service=function)
    started = time.monotonic()
    outcome = "Failure"
    try:
        with log.append_context_keys(**keys):
            yield log
        outcome = "Success"
    except Exception as error:
        log.exception("invocation failed", error=type(error).__name__, reason=str(error), **keys)
        raise
    finally:
        metrics.add_metric(name=outcome, unit=MetricUnit.Count, value=1)
        metrics.add_metric(name="Duration", unit=MetricUnit.Milliseconds, value=(time.monotonic() - started) * 1000)
        metrics.flush_metrics()
