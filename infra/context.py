"""What a deployment may choose: the ``context`` of cdk.json, checked. Only the CDK command reads that file itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from candlecloud.catalogue import EXCHANGES
from candlecloud.errors import CandlecloudError
from candlecloud.fan_out.plan import BATCHES_AT_ONCE
from candlecloud.market.series import Series
from infra.functions import batch_jobs

ROOT = Path(__file__).resolve().parent.parent


class ContextError(ValueError):
    """cdk.json asks for something that can't be built."""


OWN_KEYS = ("name", "series", "reserve_lanes", "batches_at_once", "fan_out_room", "exchange_urls", "alarm_topic_arn")
"""Keys of the context that are ours; the rest is CDK's."""
_NAME = re.compile(r"[a-z][a-z0-9-]{1,20}")
_MOST_BATCHES_AT_ONCE = 1000
"""Executions that one account may run at once in a region, before it asks for more."""
_MOST_ROOM = 10_000
"""More than accounts have that asked for more."""


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
        Prefix of every physical name and of the stacks' names, so that two deployments fit into one account. Short,
        because the longest bucket name grows out of it.
    series
        What is ingested on a schedule.
    reserve_lanes
        Reserve concurrency 1 for the functions that talk to exchanges, and `fan_out_room` for the batches of fan-outs.
        New AWS accounts with a limit of 10 concurrent executions refuse any reservation: say false there.
    batches_at_once
        Batches of a fan-out that run at the same time. New AWS accounts with a limit of 10 concurrent executions are
        throttled, and API calls with them: say 5 there.
    fan_out_room
        Batches of all fan-outs together that run at the same time, where `reserve_lanes` holds: a bulkhead, so that
        they leave the rest of the account's concurrency (1,000, of which AWS keeps 100 unreserved) to the API and to
        single runs. Each kind of fan-out has an equal share; at least `batches_at_once`, or one alone throttles itself.
    exchange_urls
        Exchange id to an https address to ask in place of the venue's own, for regions that the venue refuses (Binance:
        the United States). Every request for the exchange goes there with its path kept, futures too: an address
        that serves the spot API alone, such as Binance's https://data-api.binance.vision, has no ``/fapi`` and no
        ``/dapi``, and series of futures fail there.
    alarm_topic_arn
        SNS topic that alarms notify; empty keeps alarms silent (they still show).
    """

    name: str
    series: Sequence[ScheduledSeries]
    reserve_lanes: bool
    batches_at_once: int
    fan_out_room: int
    exchange_urls: Mapping[str, str]
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
        When a choice can't be built; the message names it.
    """
    series = [_series(item) for item in raw.get("series", [])]
    if len(set(series)) != len(series):
        raise ContextError("cdk.json: context.series names a series twice")
    name = str(raw.get("name", "candlecloud"))
    if not _NAME.fullmatch(name):
        raise ContextError(
            f"cdk.json: name is 2 to 21 lower-case letters, digits and hyphens, a letter first; not {name!r}"
        )
    reserve_lanes = _flag(raw.get("reserve_lanes", True))
    at_once = _number(raw, "batches_at_once", BATCHES_AT_ONCE, _MOST_BATCHES_AT_ONCE)
    room, needed = _number(raw, "fan_out_room", 400, _MOST_ROOM), at_once * len(batch_jobs())
    if reserve_lanes and room < needed:
        raise ContextError(
            f"cdk.json: fan_out_room is shared by {len(batch_jobs())} kinds of fan-outs; with batches_at_once "
            f"{at_once} it is at least {needed}, not {room}, or one fan-out throttles itself"
        )
    return Context(
        name=name,
        series=series,
        reserve_lanes=reserve_lanes,
        batches_at_once=at_once,
        fan_out_room=room,
        exchange_urls=_exchange_urls(raw.get("exchange_urls", {})),
        alarm_topic_arn=str(raw.get("alarm_topic_arn", "")),
    )


def _flag(value: Any) -> bool:
    """Read yes or no; ``-c reserve_lanes=false`` arrives as text."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ContextError(f"cdk.json: reserve_lanes is true or false, not {value!r}")


def _number(raw: Mapping[str, Any], key: str, default: int, most: int) -> int:
    """Read a number; ``-c batches_at_once=5`` arrives as text."""
    value = raw.get(key, default)
    if isinstance(value, int | str) and not isinstance(value, bool) and re.fullmatch(r"[0-9]{1,5}", str(value)):
        number = int(value)
        if 1 <= number <= most:
            return number
    raise ContextError(f"cdk.json: {key} is a number from 1 to {most}, not {value!r}")


def _exchange_urls(value: Any) -> dict[str, str]:
    """Read exchange id to address; ``-c exchange_urls='{...}'`` arrives as text."""
    try:
        urls = json.loads(value) if isinstance(value, str) else value
        return {EXCHANGES.find(exchange).name: _https(url) for exchange, url in urls.items()}
    except (ValueError, AttributeError):
        raise ContextError(
            "cdk.json: exchange_urls is an object of exchange id to https address, "
            f'such as {{"binance": "https://data-api.binance.vision"}}; not {value!r}'
        ) from None
    except CandlecloudError as error:
        raise ContextError(f"cdk.json: exchange_urls: {error.message} {error.hint}") from None


def _https(url: Any) -> str:
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or "@" in url:
        raise ValueError
    return str(url)


def _series(item: Any) -> ScheduledSeries:
    """Read a series as candlecloud itself does, so that no schedule fires an event that its job refuses."""
    try:
        series = Series.of(EXCHANGES.find(str(item["exchange"])).name, str(item["symbol"]), str(item["timeframe"]))
    except (KeyError, TypeError):
        raise ContextError(f"cdk.json: a series needs exchange, symbol and timeframe, got {json.dumps(item)}") from None
    except CandlecloudError as error:
        raise ContextError(f"cdk.json: series {json.dumps(item)}: {error.message} {error.hint}") from None
    return ScheduledSeries(series.exchange, series.symbol.key, series.timeframe.name)
