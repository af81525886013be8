"""The functions' environment variables, filled field by field from the settings models."""

from __future__ import annotations

import json
from collections.abc import Mapping

from candlecloud.settings import PREFIX
from infra.functions import FUNCTIONS
from infra.resources.names import Names

_LEFT_AT_DEFAULT = {"min_interval_ms", "max_inline_bytes", "upload_links"}
"""Only local mode sets these: on AWS the venues go at their own pace, and S3 can serve a big answer."""


class Environments:
    """Gives every function exactly the variables that its settings model names.

    Parameters
    ----------
    exchange_urls
        Exchange id to the address to ask in place of the venue's own; empty leaves the variable out.
    batches_at_once
        Batches of a fan-out that run at the same time.
    git_hash
        The commit that the bundle was built from; None leaves the variable out.
    """

    def __init__(
        self, names: Names, exchange_urls: Mapping[str, str], batches_at_once: int, git_hash: str | None
    ) -> None:
        self._names = names
        self._exchange_urls = dict(exchange_urls)
        self._batches_at_once = batches_at_once
        self._git_hash = git_hash

    def of(self, job: str, versions: Mapping[str, str]) -> dict[str, str]:
        """Variables of one function.

        Parameters
        ----------
        versions
            Job to the ARN, with a version, of every function that this one calls or that its fan-outs call.

        Raises
        ------
        KeyError
            When a model has a field that nobody fills: settings and stacks no longer agree.
        """
        values = self._values(job, versions)
        fields = [field for field in FUNCTIONS[job].settings.model_fields if field not in _LEFT_AT_DEFAULT]
        given = {field: values[field] for field in fields}
        return {PREFIX + field.upper(): value for field, value in given.items() if value is not None}

    def _values(self, job: str, versions: Mapping[str, str]) -> dict[str, str | None]:
        spec = FUNCTIONS[job]
        functions = {one: self._names.function(one) for one in FUNCTIONS} if spec.deletes_versions else versions
        ages = {one: spec.allowed_age_s for one, spec in FUNCTIONS.items() if spec.allowed_age_s is not None}
        return {
            "bucket": self._names.bucket,
            "table": self._names.table,
            "git_hash": self._git_hash,
            "exchange_urls": json.dumps(self._exchange_urls, sort_keys=True) if self._exchange_urls else None,
            "functions": json.dumps(dict(functions), sort_keys=True),
            "state_machine_arn": self._names.state_machine_arn if spec.starts_fan_outs else None,
            "batches_at_once": str(self._batches_at_once),
            "max_wait_s": "20",
            "allowed_age_s": json.dumps(ages, sort_keys=True),
        }
