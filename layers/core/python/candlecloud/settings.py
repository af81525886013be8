"""Every environment variable that a function reads: a function's model is the single list of their names.

A function's handler and its entry in the catalogue (``infra/functions.py``) name the same model.

CDK fills the variables from these models, and a contract test holds the synthesised template against them. A field
``bucket`` is the variable ``CANDLECLOUD_BUCKET``.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, Json, field_validator

from candlecloud.fan_out.plan import BATCHES_AT_ONCE

PREFIX = "CANDLECLOUD_"


class FunctionSettings(BaseModel):
    """What every function needs: where the lake and the index are."""

    # Built when first read: a function reads one of the models below, and need not wait for the others.
    model_config = ConfigDict(frozen=True, defer_build=True)

    bucket: str = Field(min_length=3, description="S3 bucket of the lake and of all artifacts")
    table: str = Field(min_length=3, description="DynamoDB table of the index")
    git_hash: str | None = Field(default=None, description="Commit that was deployed; left out where it is unknown")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables from a mapping, whatever the process's own environment holds."""
        given = {name: environment.get(_variable(name)) for name in cls.model_fields}
        return cls.model_validate({name: text for name, text in given.items() if text is not None})


class ExchangeSettings(FunctionSettings):
    """For functions that talk to an exchange."""

    exchange_urls: Json[dict[str, str]] = Field(
        default_factory=dict,
        description="JSON, exchange id to base URL; empty means the real venues. Local mode names the replay exchange.",
    )
    min_interval_ms: int | None = Field(
        default=None, ge=0, description="Pause between requests in place of the venue profile's; loopback URLs only"
    )

    @field_validator("exchange_urls")
    @classmethod
    def _https_or_loopback(cls, urls: dict[str, str]) -> dict[str, str]:
        for exchange, url in urls.items():
            parts = urlsplit(url)
            if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
                raise ValueError(f"{exchange}: plain http is for loopback only; give an https URL")
        return urls

    @property
    def is_replay(self) -> bool:
        """Whether every exchange in use is a replay on this machine."""
        return bool(self.exchange_urls) and all(
            _is_loopback(urlsplit(url).hostname or "") for url in self.exchange_urls.values()
        )


class CallerSettings(FunctionSettings):
    """For functions that have other jobs done."""

    functions: Json[dict[str, str]] = Field(
        description="JSON, job to what is invoked for it: an ARN with a version on AWS. Those that this function "
        "calls, and those that the fan-outs call which it starts"
    )
    state_machine_arn: str | None = Field(default=None, description="State machine of the fan-outs that it may start")


class VersionSettings(FunctionSettings):
    """For the function that deletes old versions."""

    functions: Json[dict[str, str]] = Field(
        description="JSON, job to the name of its function: whose versions are deleted"
    )


class ApiSettings(CallerSettings):
    """For the HTTP function."""

    state_machine_arn: str = Field(description="State machine that POST /sweeps starts")
    batches_at_once: int = Field(
        default=BATCHES_AT_ONCE, ge=1, description="Batches of a fan-out that run at the same time"
    )
    max_wait_s: float = Field(default=20.0, ge=0, le=25, description="How long POST /backtest/run waits before 202")
    max_inline_bytes: int = Field(
        default=1_000_000, ge=1, description="Answers above it are stored and linked to by a presigned URL"
    )
    upload_links: bool = Field(
        default=True, description="Whether clients can reach the bucket by a link; those of local mode cannot"
    )
    allowed_age_s: Json[dict[str, int]] = Field(
        default_factory=dict,
        description="JSON, job to the age in seconds of its last success above which /health calls it stalled",
    )


def variables(settings: type[FunctionSettings]) -> dict[str, bool]:
    """Names of the variables of a model, each with whether it must be set."""
    return {_variable(name): field.is_required() for name, field in settings.model_fields.items()}


def _variable(field: str) -> str:
    return PREFIX + field.upper()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
