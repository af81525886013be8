"""The functions' environment variables, filled field by field from the settings models."""

from __future__ import annotations

import json
from collections.abc import Mapping

from candlecloud.settings import PREFIX, SETTINGS
from infra.catalogue import FUNCTIONS
from infra.resources.names import Names
from infra.resources.schedules import ALLOWED_AGE_S

_LEFT_AT_DEFAULT = {"exchange_urls", "min_interval_ms", "max_inline_bytes"}
"""Only local mode sets these: on AWS the venues are the real ones at their own pace, and S3 can serve a big answer. The
addresses of venues can be given in cdk.json."""


def function_environments(names: Names, exchange_urls: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Give every function exactly the variables that its settings model names.

    Parameters
    ----------
    exchange_urls
        Exchange id to the address to ask in place of the venue's own; empty leaves the variable out.

    Raises
    ------
    KeyError
        When a model has a field that nobody fills: settings and stacks no longer agree.
    """
    values = _values(names)
    left_out = set(_LEFT_AT_DEFAULT)
    if exchange_urls:
        values["exchange_urls"] = json.dumps(dict(exchange_urls), sort_keys=True)
        left_out.remove("exchange_urls")
    return {
        job: {PREFIX + field.upper(): values[field] for field in SETTINGS[job].model_fields if field not in left_out}
        for job in FUNCTIONS
    }


def _values(names: Names) -> dict[str, str]:
    return {
        "bucket": names.bucket,
        "table": names.table,
        "sweep_state_machine_arn": names.state_machine_arn,
        "run_function": names.function("run_backtest"),
        "backfill_function": names.function("backfill_candles"),
        "preview_function": names.function("preview_series"),
        "max_wait_s": "20",
        "allowed_age_s": json.dumps(ALLOWED_AGE_S, sort_keys=True),
    }
