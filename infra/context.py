"""What a deployment may choose: the ``context`` of cdk.json, checked. Only the CDK command reads that file itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class ContextError(ValueError):
    """cdk.json asks for something that can't be built."""


OWN_KEYS = ("name", "series", "reserve_lanes", "alarm_topic_arn")
"""Keys of the context that are ours; the rest is CDK's."""


@dataclass(frozen=True)
class ScheduledSeries:
    """One series whose jobs run on a schedule; symbol is the canonical key."""

    exchange: str
    symbol: str
    timeframe: str


@dataclass(frozen=True)
class Context:
    """The choices of one deployment.

    Attributes
    ----------
    name
        Prefix of every physical name, so that two deployments fit into one account.
    series
        What is ingested on a schedule.
    reserve_lanes
        Reserve concurrency 1 for the functions that talk to exchanges. New AWS accounts with a limit of 10 concurrent
        executions refuse any reservation: say false there.
    alarm_topic_arn
        SNS topic that alarms notify; empty keeps alarms silent (they still show).
    """

    name: str
    series: Sequence[ScheduledSeries]
    reserve_lanes: bool
    alarm_topic_arn: str


def read_raw_context(path: Path = ROOT / "cdk.json") -> dict[str, Any]:
    """Read the ``context`` object of cdk.json as it is, feature flags included."""
    context = json.loads(path.read_text())["context"]
    if not isinstance(context, dict):
        raise ContextError(f"{path.name}: context must be an object")
    return context


def parse_context(raw: Mapping[str, Any]) -> Context:
    """Check the project's own keys of a context.

    Raises
    ------
    ContextError
        When a series is given twice or lacks a word, or the name is empty.
    """
    series = [_series(item) for item in raw.get("series", [])]
    if len(set(series)) != len(series):
        raise ContextError("cdk.json: context.series names a series twice")
    name = str(raw.get("name", "candlecloud"))
    if not name:
        raise ContextError("cdk.json: context.name must not be empty")
    return Context(
        name=name,
        series=series,
        reserve_lanes=_flag(raw.get("reserve_lanes", True)),
        alarm_topic_arn=str(raw.get("alarm_topic_arn", "")),
    )


def _flag(value: Any) -> bool:
    """Read yes or no; ``-c reserve_lanes=false`` arrives as text."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ContextError(f"cdk.json: reserve_lanes is true or false, not {value!r}")


def _series(item: Any) -> ScheduledSeries:
    try:
        return ScheduledSeries(
            exchange=str(item["exchange"]), symbol=str(item["symbol"]), timeframe=str(item["timeframe"])
        )
    except (KeyError, TypeError):
        raise ContextError(f"cdk.json: a series needs exchange, symbol and timeframe, got {json.dumps(item)}") from None
