"""Schedule expressions against known times, and the ticker under a clock that is moved by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.parts import SchedulePart
from infra.local.schedule_expression import ScheduleError, parse_schedule
from infra.local.scheduler import SCHEDULED_TIME, Scheduler


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def text(moment: int | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(2 * * * ? *)", "2025-08-18 18:01", "2025-08-18 18:02"),
        ("cron(2 * * * ? *)", "2025-08-18 18:02", "2025-08-18 19:02"),
        ("cron(2 * * * ? *)", "2025-12-31 23:30", "2026-01-01 00:02"),
        ("cron(1/5 * * * ? *)", "2025-08-18 18:02", "2025-08-18 18:06"),
        ("cron(25 0/6 * * ? *)", "2025-08-18 18:26", "2025-08-19 00:25"),
        ("cron(0 10 ? * MON-FRI *)", "2025-08-22 10:00", "2025-08-25 10:00"),
        ("cron(0 10 ? * FRI-MON *)", "2025-08-19 10:00", "2025-08-22 10:00"),
        ("cron(0 0 L 2 ? *)", "2024-01-01 00:00", "2024-02-29 00:00"),
        ("cron(0 0 31 * ? *)", "2025-04-01 00:00", "2025-05-31 00:00"),
        ("cron(0 9 1W * ? *)", "2025-02-02 00:00", "2025-02-03 09:00"),
        ("cron(0 9 ? * 6#3 *)", "2025-08-01 00:00", "2025-08-15 09:00"),
        ("cron(0 9 ? * 6L *)", "2025-08-01 00:00", "2025-08-29 09:00"),
        ("cron(0 0 1 JAN,JUL ? 2026)", "2025-08-18 00:00", "2026-01-01 00:00"),
        ("cron(0 0 1 1 ? 2024)", "2025-08-18 00:00", None),
        ("at(2025-08-19T00:00:00)", "2025-08-18 00:00", "2025-08-19 00:00"),
        ("at(2025-08-19T00:00:00)", "2025-08-19 00:00", None),
    ],
)
def test_next_time(expression: str, after: str, expected: str | None) -> None:
    assert text(parse_schedule(expression)(ms(after))) == expected


def test_rate_is_counted_from_the_anchor() -> None:
    every = parse_schedule("rate(5 minutes)", anchor=ms("2025-01-01 00:02"))
    assert text(every(ms("2025-01-01 00:00"))) == "2025-01-01 00:02"
    assert text(every(ms("2025-01-01 00:02"))) == "2025-01-01 00:07"
    assert text(every(ms("2025-01-01 00:11"))) == "2025-01-01 00:12"


def test_time_zone_and_the_hour_that_the_clock_change_skips() -> None:
    nightly = parse_schedule("cron(30 2 * * ? *)", timezone="Europe/Berlin")
    assert text(nightly(ms("2025-03-28 12:00"))) == "2025-03-29 01:30"
    # 2025-03-30 02:30 does not exist in Berlin.
    assert text(nightly(ms("2025-03-29 12:00"))) == "2025-03-31 00:30"


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("every hour", "is not rate"),
        ("rate(0 minutes)", "positive number"),
        ("rate(5 weeks)", "minutes, hours or days"),
        ("cron(* * * * *)", "has 5 fields"),
        ("cron(0 0 * * * *)", "must be ?"),
        ("cron(61 * * * ? *)", "61 is not in 0..59"),
        ("cron(0 0 ? * FUNDAY *)", "'FUNDAY' is not a value"),
        ("cron(*/0 * * * ? *)", "0 is not in"),
        ("at(tomorrow)", "needs a time like"),
    ],
)
def test_wrong_expressions_are_explained(expression: str, said: str) -> None:
    with pytest.raises(ScheduleError, match=said.replace("?", r"\?").replace("(", r"\(")):
        parse_schedule(expression)


def test_unknown_time_zone() -> None:
    with pytest.raises(ScheduleError, match="Mars/Base"):
        parse_schedule("rate(1 day)", timezone="Mars/Base")


@given(st.integers(min_value=0, max_value=4_000_000_000_000), st.integers(0, 59), st.integers(1, 59))
def test_cron_minutes_match_and_nothing_lies_between(moment: int, start: int, step: int) -> None:
    next_after = parse_schedule(f"cron({start}/{step} * * * ? *)")
    found = next_after(moment)
    wanted = set(range(start, 60, step))
    minutes = range(moment // 60_000 + 1, moment // 60_000 + 61)
    assert found == next(minute * 60_000 for minute in minutes if minute % 60 in wanted)


@dataclass
class Hand:
    now: int

    def __call__(self) -> int:
        return self.now


def part(name: str, expression: str, *, enabled: bool = True) -> SchedulePart:
    payload = json.dumps({"job": name, "scheduled_at": SCHEDULED_TIME})
    return SchedulePart(name, expression, "UTC", f"arn:{name}", payload, enabled)


def test_ticker_fires_what_is_due_with_its_time_and_only_once() -> None:
    clock = Hand(ms("2025-08-18 18:00"))
    fired: list[tuple[str, dict[str, str]]] = []
    scheduler = Scheduler(
        [
            part("hourly", "cron(2 * * * ? *)"),
            part("fives", "cron(1/5 * * * ? *)"),
            part("off", "rate(1 minute)", enabled=False),
        ],
        lambda arn, payload: fired.append((arn, json.loads(payload))),
        clock,
    )
    assert scheduler.tick() == []
    assert text(scheduler.next_due()) == "2025-08-18 18:01"
    clock.now = ms("2025-08-18 18:02")
    assert [(one.schedule, text(one.scheduled_at)) for one in scheduler.tick()] == [
        ("fives", "2025-08-18 18:01"),
        ("hourly", "2025-08-18 18:02"),
    ]
    assert fired == [
        ("arn:fives", {"job": "fives", "scheduled_at": "2025-08-18T18:01:00Z"}),
        ("arn:hourly", {"job": "hourly", "scheduled_at": "2025-08-18T18:02:00Z"}),
    ]
    assert scheduler.tick() == []


@pytest.mark.parametrize(
    "expression", ["rate(1 minute)", "cron(0 * * * ? *)", "cron(0 0 1 * ? *)", "cron(0 0 1 1 ? *)"]
)
def test_a_jump_of_the_clock_fires_once_for_the_newest_time(expression: str) -> None:
    clock = Hand(ms("2020-02-03 04:05"))
    fired: list[str] = []
    scheduler = Scheduler([part("one", expression)], lambda _, payload: fired.append(payload), clock)
    clock.now = ms("2025-08-18 18:30")
    (once,) = scheduler.tick()
    newest = {
        "rate(1 minute)": "2025-08-18 18:30",
        "cron(0 * * * ? *)": "2025-08-18 18:00",
        "cron(0 0 1 * ? *)": "2025-08-01 00:00",
        "cron(0 0 1 1 ? *)": "2025-01-01 00:00",
    }
    assert text(once.scheduled_at) == newest[expression]
    assert len(fired) == 1
    assert scheduler.tick() == []


def test_a_finished_schedule_never_fires_again() -> None:
    clock = Hand(ms("2025-08-18 18:00"))
    scheduler = Scheduler([part("once", "at(2025-08-18T19:00:00)")], lambda *_: None, clock)
    clock.now = ms("2026-01-01 00:00")
    assert [text(one.scheduled_at) for one in scheduler.tick()] == ["2025-08-18 19:00"]
    assert scheduler.next_due() is None
