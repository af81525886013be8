"""A sweep over processes of their own, as the state machine spreads it over functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from candlecloud.contract.sweep import SweepConfig
from candlecloud.experiments.sweep import evaluate_batch
from candlecloud.fan_out.batch_file import write_batch
from candlecloud.fan_out.kinds.sweep import sweep_work
from candlecloud.fan_out.plan import make_plan
from candlecloud.market.ranges import TimeRange
from candlecloud.market.rows import times_ms
from candlecloud.runs.data_requirements import needed_range
from candlecloud.runs.identity import Identity, code_version_of
from candlecloud.runs.inputs import RunInputs
from tests.support import swept
from tests.support.recorded import LEARNED, btc_hours


@contextmanager
def workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """So many fresh interpreters; each takes the next batch when it is done with one."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        yield pool


def read_sweep(document: Mapping[str, Any]) -> SweepConfig:
    """A sweep on the recorded hours, pinned to its own range."""
    config = SweepConfig.from_dict(document)
    start, end = config.start, config.end
    assert start is not None
    assert end is not None
    return config.pinned(TimeRange(start, end), LEARNED)


def collect_sweep(
    pool: ProcessPoolExecutor, document: Mapping[str, Any], batch_size: int, *, reverse: bool
) -> tuple[int, bytes, bytes]:
    """Number of batches, and the collected result as it is stored: rows and header."""
    config = read_sweep({**document, "batch_size": batch_size})
    plan = [
        {"batch": number, "start": a, "end": b} for number, (a, b) in enumerate(make_plan(sweep_work(config)).batches)
    ]
    sent = plan[::-1] if reverse else plan
    futures = {item["batch"]: pool.submit(_compute, dict(document), item["start"], item["end"]) for item in sent}
    identity = Identity(config, inputs_of(config).revision(), code_version_of(config))
    found = swept.collect_sweep(identity, plan, (futures[item["batch"]].result() for item in plan))
    return len(plan), found.rows, found.header_file


def _compute(document: Mapping[str, Any], start: int, end: int) -> bytes:
    config = read_sweep(document)
    return write_batch(evaluate_batch(config, inputs_of(config), start, end))


def inputs_of(config: SweepConfig) -> RunInputs:
    needed = needed_range(config.range, config.warmup_bars, config.series)
    table = btc_hours()
    return RunInputs(table.take([k for k, time in enumerate(times_ms(table)) if needed.start <= time < needed.end]))
