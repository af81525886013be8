"""When a request may go out: the circuit breaker as a pure state machine, and the pace."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from candlecloud.exchange.pacing import COOL_DOWN_MS, FAILURES_TO_OPEN, LONGEST_COOL_DOWN_MS, Breaker, Pace


def failed(breaker: Breaker, times: int, now: float = 0.0) -> Breaker:
    for _ in range(times):
        breaker = breaker.failed(now)
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    nearly = failed(Breaker(), FAILURES_TO_OPEN - 1)
    assert nearly.state(0) == "closed"
    opened = nearly.failed(0)
    assert opened.state(0) == "open"
    assert not opened.allows(COOL_DOWN_MS - 1)


def test_an_answer_in_between_starts_the_count_again() -> None:
    breaker = failed(failed(Breaker(), FAILURES_TO_OPEN - 1).succeeded(), FAILURES_TO_OPEN - 1)
    assert breaker.state(0) == "closed"


def test_after_the_cool_down_one_request_decides() -> None:
    opened = failed(Breaker(), FAILURES_TO_OPEN)
    assert opened.state(COOL_DOWN_MS) == "half_open"
    assert opened.allows(COOL_DOWN_MS)
    assert opened.succeeded().state(COOL_DOWN_MS) == "closed"
    again = opened.failed(COOL_DOWN_MS)
    assert again.state(COOL_DOWN_MS) == "open"
    assert not again.allows(COOL_DOWN_MS + 2 * COOL_DOWN_MS - 1)
    assert again.allows(COOL_DOWN_MS + 2 * COOL_DOWN_MS)


def test_a_ban_opens_at_once_for_as_long_as_the_exchange_says() -> None:
    banned = Breaker().failed(0, banned=True, retry_after_ms=300_000)
    assert not banned.allows(299_999)
    assert banned.allows(300_000)
    assert not Breaker().failed(0, banned=True, retry_after_ms=1).allows(COOL_DOWN_MS - 1)


@given(st.lists(st.tuples(st.sampled_from(["ok", "fail", "ban"]), st.integers(0, 600_000)), max_size=60))
def test_it_never_opens_for_ever(steps: list[tuple[str, int]]) -> None:
    breaker, now = Breaker(), 0.0
    for what, pause in steps:
        now += pause
        if not breaker.allows(now):
            continue
        breaker = breaker.succeeded() if what == "ok" else breaker.failed(now, banned=what == "ban")
        assert breaker.cool_down_ms <= LONGEST_COOL_DOWN_MS
        assert breaker.allows(now + LONGEST_COOL_DOWN_MS)
        if what == "ok":
            assert breaker == Breaker()


def test_the_pace_holds_requests_apart() -> None:
    pace = Pace(100)
    assert pace.wait_ms(5_000) == 0
    pace = pace.started(5_000)
    assert pace.wait_ms(5_030) == 70
    assert pace.wait_ms(5_200) == 0


def test_a_venue_whose_counter_runs_high_is_left_alone_for_a_minute() -> None:
    pace = Pace(100, weight_limit=6000).started(0)
    assert pace.answered(10, 4_700).wait_ms(100) == 0
    assert pace.answered(10, None).wait_ms(100) == 0
    assert pace.answered(10, 4_900).wait_ms(10) == 60_000
