"""Fan-outs: how they are cut, what is refused because it would not end, and what each kind says of itself."""

from __future__ import annotations

import math
from pkgutil import resolve_name

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.errors import InvalidParameterError
from candlecloud.fan_out.kind import Work
from candlecloud.fan_out.kinds import KINDS
from candlecloud.fan_out.plan import (
    BATCH_TIMEOUT_S,
    FAN_OUT_TIMEOUT_S,
    MAX_BATCHES,
    make_plan,
    refuse_too_much,
)
from candlecloud.runs.code_version import code_version
from infra.functions import FUNCTIONS


def work(units: int, unit_s: float, per_batch: int) -> Work:
    return Work(units, unit_s, 2.0, per_batch, {}, "grid")


@settings(max_examples=200)
@given(st.integers(1, 4 * MAX_BATCHES), st.floats(1e-7, 1e3), st.integers(1, 500), st.integers(1, 1_000))
def test_a_plan_has_every_unit_once_and_ends_in_time_or_is_refused(
    units: int, unit_s: float, per_batch: int, at_once: int
) -> None:
    asked = work(units, unit_s, per_batch)
    plan = make_plan(asked)
    assert [start for start, _ in plan.batches] == [0, *(end for _, end in plan.batches[:-1])]
    assert (plan.batches[-1][1], all(start < end for start, end in plan.batches)) == (units, True)
    longest = max(end - start for start, end in plan.batches) * unit_s
    rounds = math.ceil(len(plan.batches) / at_once)
    ends = len(plan.batches) <= MAX_BATCHES and longest < BATCH_TIMEOUT_S and rounds * longest < FAN_OUT_TIMEOUT_S
    refused = is_refused(asked, at_once)
    assert ends or refused
    if refused:  # for a reason: half as much again would not have ended
        count = units / max(1, BATCH_TIMEOUT_S // (1.5 * unit_s))
        assert (
            1.5 * unit_s > BATCH_TIMEOUT_S - 4
            or count > MAX_BATCHES
            or 1.5 * rounds * (longest + 2) > FAN_OUT_TIMEOUT_S
        )


def is_refused(asked: Work, at_once: int) -> bool:
    try:
        refuse_too_much(asked, make_plan(asked), at_once)
    except InvalidParameterError:
        return True
    return False


def test_what_ends_in_25_minutes_is_taken_and_what_takes_8_hours_is_refused_with_the_estimate() -> None:
    quarter = work(500, 13.0, 1)
    plan = make_plan(quarter)
    assert (len(plan.batches), plan.batch_s, plan.seconds(5)) == (500, 15.0, 25 * 60)
    refuse_too_much(quarter, plan, 5)

    slow = work(100_000, 0.27, 100)  # five years of minutes, computed features
    plan = make_plan(slow)
    refuse_too_much(slow, plan, 100)
    with pytest.raises(InvalidParameterError) as caught:
        refuse_too_much(slow, plan, 1)
    assert caught.value.message == ("This may take 7.8 h: 500 batches of up to 56 s, 1 at a time. Allowed are 3.2 h.")
    said = caught.value.details
    assert (said["field"], said["estimated_seconds"], said["batches_at_once"]) == ("grid", 28_000, 1)
    assert "less in grid" in caught.value.hint
    assert "batches_at_once" in caught.value.hint


def test_a_batch_that_would_be_cut_off_is_cut_smaller_or_refused() -> None:
    assert make_plan(work(100, 10.0, 100)).batches[0] == (0, 9)
    endless = work(3, 500.0, 1)
    with pytest.raises(InvalidParameterError, match="One of its 3 parts may take 8 min; 96 s are allowed"):
        refuse_too_much(endless, make_plan(endless), 100)
    many = work(100_000, 1.0, 1)
    with pytest.raises(InvalidParameterError, match="1,064 batches of up to 96 s; at most 500"):
        refuse_too_much(many, make_plan(many), 1_000)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_what_it_says(name: str) -> None:
    kind = KINDS.find(name)
    assert (kind.name, kind.config.kind) == (name, name)
    assert callable(resolve_name(kind.evaluate))
    assert FUNCTIONS[kind.batch_job].room == "fan_out"
    assert code_version(name, kind.uses)


def test_every_batch_function_belongs_to_a_kind() -> None:
    rooms = {job for job, spec in FUNCTIONS.items() if spec.room == "fan_out"}
    assert rooms == {KINDS.find(name).batch_job for name in KINDS}


def test_what_is_no_kind() -> None:
    for name in ("run", "", "kinds", "__init__"):
        with pytest.raises(InvalidParameterError, match="no kind of fan-out"):
            KINDS.find(name)
