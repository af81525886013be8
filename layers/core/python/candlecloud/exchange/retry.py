"""Retries: exponential backoff with full jitter, the venue's `Retry-After` honoured, never past a deadline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from candlecloud.errors import ExchangeError, ExchangeUnavailableError, MalformedResponseError

T = TypeVar("T")
Clock = Callable[[], int]
Sleep = Callable[[float], None]


class OutOfTimeError(Exception):
    """The next wait would end after the deadline. Not a fault: the work goes on in a later invocation."""


@dataclass(frozen=True)
class RetryPolicy:
    """How often, and how long between.

    Attributes
    ----------
    attempts : int
        Requests in all.
    base_s, cap_s : float
        The pause before try n (from 1) is drawn from 0 to ``min(cap_s, base_s * 2**(n-1))``.
    """

    attempts: int = 5
    base_s: float = 0.5
    cap_s: float = 20.0

    def pause_s(self, failures: int, rng: Random, retry_after_s: float | None = None) -> float:
        """Seconds to wait after `failures` failures; the venue's own wish is the least."""
        backoff = min(self.cap_s, self.base_s * 2.0 ** (failures - 1)) * rng.random()
        return backoff if retry_after_s is None else retry_after_s + backoff


DEFAULT_POLICY = RetryPolicy()


def call_with_retry(
    ask: Callable[[], T],
    *,
    clock: Clock,
    sleep: Sleep,
    rng: Random,
    policy: RetryPolicy = DEFAULT_POLICY,
    deadline: int | None = None,
    on_fault: Callable[[ExchangeError], None] | None = None,
) -> T:
    """Call `ask` until it answers, the attempts are used up, or the deadline comes.

    Only an unavailable venue and a malformed answer are worth another try; a refusal would be repeated.

    Parameters
    ----------
    deadline : int, optional
        ms UTC by `clock`; no wait goes past it.
    on_fault : callable, optional
        Sees every failure that is retried or given up.

    Raises
    ------
    OutOfTimeError
        If the next wait would end after the deadline.
    ExchangeError
        The last failure.
    """
    for failures in range(1, policy.attempts + 1):
        try:
            return ask()
        except (ExchangeUnavailableError, MalformedResponseError) as error:
            if on_fault is not None:
                on_fault(error)
            if failures == policy.attempts or error.details.get("circuit_open"):
                raise
            pause = policy.pause_s(failures, rng, error.details.get("retry_after_s"))
            if deadline is not None and clock() + 1000 * pause >= deadline:
                raise OutOfTimeError(error.message) from error
            sleep(pause)
    raise AssertionError("a policy has at least one attempt")
