"""Retries: how often, how long between, and when to stop."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from candlecloud.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    MalformedResponseError,
    RateLimitedError,
    UnknownSymbolError,
)
from candlecloud.exchange.retry import OutOfTimeError, RetryPolicy, call_with_retry


class Script:
    """Raises the given errors one after another, then answers; counts calls and waits."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0
        self.waits: list[float] = []
        self.noted: list[ExchangeError] = []

    def ask(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"

    def run(self, *, deadline: int | None = None) -> str:
        return call_with_retry(
            self.ask,
            clock=lambda: round(1000 * sum(self.waits)),
            sleep=self.waits.append,
            rng=random.Random(1),
            deadline=deadline,
            on_fault=self.noted.append,
        )


def down() -> ExchangeUnavailableError:
    return ExchangeUnavailableError("down")


def test_an_answer_at_once_waits_for_nothing() -> None:
    script = Script()
    assert script.run() == "answer"
    assert (script.calls, script.waits) == (1, [])


@pytest.mark.parametrize("error", [down, lambda: MalformedResponseError("HTML"), lambda: RateLimitedError("slow")])
def test_a_passing_fault_is_survived(error: Callable[[], Exception]) -> None:
    script = Script(error(), error(), error())
    assert script.run() == "answer"
    assert (script.calls, len(script.waits), len(script.noted)) == (4, 3, 3)


def test_the_last_failure_is_passed_on() -> None:
    script = Script(*(down() for _ in range(9)))
    with pytest.raises(ExchangeUnavailableError):
        script.run()
    assert (script.calls, len(script.waits)) == (5, 4)


@pytest.mark.parametrize("error", [UnknownSymbolError("no"), ExchangeError("refused"), KeyError("bug")])
def test_a_refusal_is_not_repeated(error: Exception) -> None:
    script = Script(error)
    with pytest.raises(type(error)):
        script.run()
    assert script.calls == 1


def test_an_open_circuit_is_not_waited_for() -> None:
    script = Script(ExchangeUnavailableError("open", circuit_open=True, retry_after_s=60))
    with pytest.raises(ExchangeUnavailableError):
        script.run()
    assert script.waits == []


def test_pauses_grow_within_their_bounds_and_are_jittered() -> None:
    policy = RetryPolicy(base_s=0.5, cap_s=4.0)
    rng = random.Random(3)
    for failures, longest in ((1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (9, 4.0)):
        pauses = [policy.pause_s(failures, rng) for _ in range(200)]
        assert 0 <= min(pauses) < 0.2 * longest
        assert 0.8 * longest < max(pauses) <= longest


def test_the_exchange_says_how_long_to_wait_at_least() -> None:
    script = Script(RateLimitedError("slow", retry_after_s=7.0))
    script.run()
    assert 7.0 <= script.waits[0] <= 7.5


def test_no_wait_goes_past_the_deadline() -> None:
    script = Script(RateLimitedError("slow", retry_after_s=120.0))
    with pytest.raises(OutOfTimeError):
        script.run(deadline=60_000)
    assert script.waits == []
