"""Submit a run or a fan-out: check it, pin it to candles, give it its identity, and open its record.

The caller then starts it, if it was not there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

from candlecloud.contract.fields import refuse_future
from candlecloud.contract.run import RunConfig
from candlecloud.contract.run_spec import MAX_BARS, RunSpec
from candlecloud.fan_out.kind import FanOutKind
from candlecloud.fan_out.plan import BATCHES_AT_ONCE, make_plan, refuse_too_much
from candlecloud.jobs.run_inputs import read_inputs
from candlecloud.jobs.signals_fit import check_signals_fit
from candlecloud.market.period import period_range, periods_between
from candlecloud.market.ranges import TimeRange
from candlecloud.market.rows import times_ms
from candlecloud.market.series import Series
from candlecloud.market.timeframe import TIMEFRAMES, Timeframe
from candlecloud.runs.data_requirements import CandleCoverage, check_data_requirements, choose_range
from candlecloud.runs.identity import Identity, code_version_of
from candlecloud.store.run_record import NewRun, RunRecord
from candlecloud.store.stores import Stores

Config = TypeVar("Config", bound=RunSpec)


@dataclass(frozen=True)
class Deployed:
    """What takes the request: the functions that will compute it, the commit that they were made of, how many at once.

    Attributes
    ----------
    batches_at_once : int
        Batches of a fan-out that run at the same time.
    """

    functions: Mapping[str, str] = field(default_factory=dict)
    git_hash: str | None = None
    batches_at_once: int = BATCHES_AT_ONCE


NOWHERE = Deployed()


@dataclass(frozen=True)
class Submission:
    """A run or fan-out that has a record.

    Attributes
    ----------
    is_new : bool
        Whether this call opened it (or opened it anew after a failure): exactly one caller starts it.
    """

    record: RunRecord
    is_new: bool
    identity: Identity
    coverage: CandleCoverage

    @property
    def id(self) -> str:
        """Of the run or fan-out."""
        return self.record.run_id


def submit_run(config: RunConfig, stores: Stores, *, now: int, deployed: Deployed = NOWHERE) -> Submission:
    """Open a run.

    Parameters
    ----------
    config : RunConfig
        Start and end may be open.
    now : int
        ms UTC; the candles are pinned as they are known now.

    Raises
    ------
    InvalidInputError
        If the range holds no candle or too many, as_of lies in the future, or own signals do not fit the run.
    InsufficientDataError
        If the stored candles do not reach from the warm-up to the end.
    """
    identity, coverage = _pin(config, stores, now)
    new = NewRun(identity.id, "backtest", identity.to_dict(), deployed.functions, {}, deployed.git_hash)
    opened = stores.runs.open(new, now)
    return Submission(opened.record, opened.is_new, identity, coverage)


def submit_fan_out(
    kind: FanOutKind[Config], config: Config, stores: Stores, *, now: int, deployed: Deployed = NOWHERE
) -> Submission:
    """Open a fan-out; like `submit_run`. The longest warm-up of all that it computes counts.

    Raises
    ------
    InvalidInputError, InsufficientDataError
        As `submit_run`; and with an estimate, if it would not end within its limits.
    """
    identity, coverage = _pin(config, stores, now)
    work = kind.work(cast(Config, identity.config))
    plan = make_plan(work)
    refuse_too_much(work, plan, deployed.batches_at_once)
    counts = {**work.counts, "per_batch": plan.per_batch, "batches": len(plan.batches)}
    new = NewRun(identity.id, kind.run_type, identity.to_dict(), deployed.functions, counts, deployed.git_hash)
    opened = stores.runs.open(new, now)
    return Submission(opened.record, opened.is_new, identity, coverage)


def _pin(config: RunSpec, stores: Stores, now: int) -> tuple[Identity, CandleCoverage]:
    as_of = config.as_of
    refuse_future(as_of, now)
    series, warmup = config.series, config.warmup_bars
    available = stores.candles.available_range(series)
    span = choose_range(config, warmup, available, now)
    pinned = config.pinned(span, now if as_of is None else as_of, _finer_timeframe(config, stores, span))
    inputs = read_inputs(stores, pinned)
    open_times = times_ms(inputs.candles)
    if as_of is not None:
        available = _as_known_then(stores, series, available, as_of)
    listed_from = stores.index.listed_from(series)
    coverage = check_data_requirements(series, span, warmup, open_times, available, listed_from)
    check_signals_fit(pinned, inputs.signals, open_times)
    return Identity(pinned, inputs.revision(), code_version_of(pinned)), coverage


def _finer_timeframe(spec: RunSpec, stores: Stores, span: TimeRange) -> str:
    """``auto`` becomes the stored timeframe that covers most of the run's range, the finest of those that tie."""
    if spec.finer_timeframe != "auto":
        return spec.finer_timeframe
    best, covered = "none", 0
    for name in TIMEFRAMES:  # the finest first
        finer = Timeframe(name)
        if not finer < spec.series.timeframe or span.duration // finer.ms > MAX_BARS:
            continue
        stored = stores.candles.available_range(replace(spec.series, timeframe=finer))
        if stored is not None and stored.intersect(span).duration > covered:
            best, covered = name, stored.intersect(span).duration
    return best


def _as_known_then(stores: Stores, series: Series, available: TimeRange | None, as_of: int) -> TimeRange | None:
    """First to last candle that was stored at an earlier instant; looks into as few periods as it takes."""
    if available is None:
        return None
    periods = [
        period_range(series.timeframe.period, name) for name in periods_between(series.timeframe.period, available)
    ]

    def first_found(spans: Iterable[TimeRange]) -> list[int]:
        reads = (stores.candles.read(series, span, ["open_time"], as_of=as_of) for span in spans)
        return next((times_ms(table) for table in reads if table.num_rows), [])

    earliest = first_found(periods)
    if not earliest:
        return None
    return TimeRange(earliest[0], first_found(reversed(periods))[-1] + series.timeframe.ms)
