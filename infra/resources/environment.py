"""The functions' environment variables, filled field by field from the settings models."""

from __future__ import annotations

import json
from collections.abc import Mapping

from candlecloud.settings import PREFIX, SETTINGS
from infra.catalogue import FUNCTIONS
from infra.resources.names import Names
from infra.resources.schedules import ALLOWED_AGE_S

_LEFT_AT_DEFAULT = {"exchange_urls", "min_interval_ms", "max_inline_bytes"}
"""Only local mode sets these: on AWS the venues are the real ones at their own pace, and S3 can serve a big answer."""


def function_environments(names: Names) -> dict[str, dict[str, str]]:
    """Give every function exactly the variables that its settings model names.

    Raises
    ------
    KeyError
        When a model has a field that nobody fills: settings and stacks no longer agree.
    """
    values = _values(names)
    return {
        job: {
            PREFIX + field.upper(): values[field]
            for field in SETTINGS[job].model_fields
            if field not in _LEFT_AT_DEFAULT
        }
        for job in FUNCTIONS
    }


def _values(names: Names) -> Mapping[str, str]:
    return {
        "bucket": names.bucket,
        "table": names.table,
        "sweep_state_machine_arn": names.state_machine_arn,
        "run_function": names.function("run_backtest"),
        "backfill_function": names.function("backfill_candles"),
        "max_wait_s": "20",
        "allowed_age_s": json.dumps(ALLOWED_AGE_S, sort_keys=True),
    }
