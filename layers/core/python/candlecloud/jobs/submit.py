"""Submit a run or a sweep: check it, pin it to candles, give it its identity, and open its record.

The caller then starts it, if it was not there already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from candlecloud.errors import InvalidRangeError
from candlecloud.market.candle import MARKET_COLUMNS, times_ms
from candlecloud.market.checksum import market_checksum
from candlecloud.market.ranges import TimeRange
from candlecloud.runs.config import RunConfig
from candlecloud.runs.identity import Identity, code_version
from candlecloud.runs.sufficiency import Coverage, check_sufficiency, choose_range, needed_range
from candlecloud.runs.sweep import SweepConfig
from candlecloud.store.stores import Stores

Config = TypeVar("Config", RunConfig, SweepConfig)


@dataclass(frozen=True)
class Submission:
    """A run or sweep that has a record.

    Attributes
    ----------
    id : str
        Of the run or sweep.
    is_new : bool
        Whether this call opened it (or opened it anew after a failure): exactly one caller starts it.
    attempt : int
        1, and one more each time it was opened anew.
    """

    id: str
    is_new: bool
    attempt: int
    identity: Identity
    coverage: Coverage


def submit_run(document: Any, stores: Stores, *, now: int) -> Submission:
    """Open a run.

    Parameters
    ----------
    document : dict
        See `RunConfig.from_dict`; start and end may be left out.
    now : int
        ms UTC; the candles are pinned as they are known now.

    Raises
    ------
    InvalidInputError
        Of the kind that fits the wrong field.
    InsufficientDataError
        If the stored candles do not reach from the warm-up to the end.
    """
    identity, coverage = _pin(RunConfig.from_dict(document), stores, now)
    is_new = stores.runs.create(identity.id, identity.to_dict(), now)
    record = stores.runs.get(identity.id)
    return Submission(identity.id, is_new, record.attempt if record else 1, identity, coverage)


def submit_sweep(document: Any, stores: Stores, *, now: int) -> Submission:
    """Open a sweep; like `submit_run`, with a grid. The longest warm-up of any set counts.

    Raises
    ------
    InvalidInputError, InsufficientDataError
        As `submit_run`.
    """
    identity, coverage = _pin(SweepConfig.from_dict(document), stores, now)
    is_new = stores.sweeps.create(identity.id, identity.to_dict(), now)
    record = stores.sweeps.get(identity.id)
    return Submission(identity.id, is_new, record.attempt if record else 1, identity, coverage)


def _pin(config: Config, stores: Stores, now: int) -> tuple[Identity, Coverage]:
    as_of = config.setting.as_of
    if as_of is not None and as_of > now:
        raise InvalidRangeError("as_of lies in the future; the lake of then is not known yet.", field="as_of")
    series, warmup = config.series, config.warmup_bars
    available = stores.candles.available_range(series)
    span = choose_range(config.setting, warmup, available, now)
    pinned = config.pinned(span, now if as_of is None else as_of)
    needed = needed_range(span, warmup, series)
    table = stores.candles.read(series, needed, ["open_time", *MARKET_COLUMNS], as_of=pinned.setting.as_of)
    open_times = times_ms(table)
    if as_of is not None:
        available = _as_known_then(available, open_times, series.timeframe.ms)
    coverage = check_sufficiency(series, span, warmup, open_times, available)
    return Identity(pinned, market_checksum(table), code_version()), coverage


def _as_known_then(available: TimeRange | None, open_times: list[int], step: int) -> TimeRange | None:
    """What was stored at an earlier moment, as far as the run's own candles show it."""
    if available is None or not open_times:
        return None
    return available.intersect(TimeRange(open_times[0], open_times[-1] + step))
