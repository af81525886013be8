"""What a refusal means: told apart by status and text, and by whether asking again may help."""

from __future__ import annotations

import random

import ccxt
import pytest

from candlecloud.errors import (
    ExchangeError,
    ExchangeUnavailableError,
    RateLimitedError,
    RegionRefusedError,
)
from candlecloud.exchange.faults import most_severe_error, translate
from candlecloud.exchange.retry import call_with_retry
from candlecloud.exchange.venues import VENUES

RESTRICTED = '{"code":0,"msg":"Service unavailable from a restricted location according to \'b. Eligibility\'"}'
NOT_IN_THE_US = '{"code":"400302","msg":"Our services are currently unavailable in the U.S."}'
CLOUDFRONT = "The Amazon CloudFront distribution is configured to block access from your country."


@pytest.mark.parametrize(
    ("venue", "error", "status", "expected"),
    [
        ("binance", ccxt.ExchangeNotAvailable(f"binance GET 451 {RESTRICTED}"), 451, RegionRefusedError),
        ("binance", ccxt.ExchangeError("binance GET 451"), 451, RegionRefusedError),
        ("binance", ccxt.ExchangeNotAvailable(f"binance GET 403 Forbidden {CLOUDFRONT}"), 403, RegionRefusedError),
        ("binance", ccxt.DDoSProtection("binance GET 403 Forbidden"), 403, RateLimitedError),
        ("kucoin", ccxt.ExchangeError(f"kucoin GET 403 {NOT_IN_THE_US}"), 403, RegionRefusedError),
        ("kraken", ccxt.ExchangeNotAvailable(f"kraken GET 403 Forbidden {CLOUDFRONT}"), 403, RegionRefusedError),
        ("kraken", ccxt.ExchangeNotAvailable("kraken GET 403 Forbidden"), 403, ExchangeUnavailableError),
        ("binance", ccxt.ExchangeNotAvailable(f"binance GET 503 {CLOUDFRONT}"), 503, ExchangeUnavailableError),
    ],
)
def test_a_refused_region_is_no_outage(
    venue: str, error: Exception, status: int, expected: type[ExchangeError]
) -> None:
    found = translate(error, venue=VENUES[venue], status=status, headers={})
    assert type(found) is expected
    assert found.details["status"] == status


def test_a_refused_region_is_not_asked_again_and_says_what_to_do() -> None:
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        raise translate(ccxt.ExchangeNotAvailable("no"), venue=VENUES["binance"], status=451, headers={})

    with pytest.raises(RegionRefusedError) as caught:
        call_with_retry(ask, clock=lambda: 0, sleep=lambda seconds: None, rng=random.Random(1))
    assert len(asked) == 1
    assert "another AWS region" in caught.value.hint


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ({"region_refused", "exchange_unavailable"}, RegionRefusedError),
        ({"rate_limited", "malformed_response"}, ExchangeUnavailableError),
        ({"malformed_response"}, ExchangeError),
    ],
)
def test_the_most_severe_failure_names_the_run(codes: set[str], expected: type[ExchangeError]) -> None:
    assert most_severe_error(codes) is expected
