"""Every error has a code, a status and a hint, and the wire shows all of it and nothing else."""

from __future__ import annotations

import importlib
import json
import pkgutil

import pytest

import candlecloud
from candlecloud.api.errors import PROBLEM_JSON, STATUS, problem_response
from candlecloud.api.schemas.problem import Problem
from candlecloud.errors import CandlecloudError, RateLimitedError

NEEDS_OTHER_LAYERS = ("candlecloud.command",)


def every_error() -> list[type[CandlecloudError]]:
    """All error classes of the package; importing every module makes them known."""
    for module in pkgutil.walk_packages(candlecloud.__path__, "candlecloud."):
        if module.name not in NEEDS_OTHER_LAYERS:
            importlib.import_module(module.name)
    found, waiting = [], [CandlecloudError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        found.append(kind)
    return found


def test_every_error_has_a_status_and_every_status_an_error() -> None:
    codes = {kind.code for kind in every_error()}
    assert codes - set(STATUS) == set()
    assert set(STATUS) - codes == {"timeout"}, "only API Gateway itself answers with timeout"
    assert all(400 <= status <= 599 for status in STATUS.values())


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_each_error_has_the_whole_body(kind: type[CandlecloudError]) -> None:
    response = problem_response(kind("What is wrong."), instance="/here", request_id="12345678")
    body = Problem.model_validate(json.loads(bytes(response.body)))
    assert response.headers["content-type"] == PROBLEM_JSON
    assert response.status_code == body.status == STATUS[kind.code]
    assert (body.code, body.message, body.detail) == (kind.code, "What is wrong.", "What is wrong.")
    assert (body.instance, body.request_id) == ("/here", "12345678")
    assert len(body.hint) > 10
    assert body.hint.endswith((".", ")"))


def test_retry_after_is_what_the_exchange_said() -> None:
    response = problem_response(RateLimitedError("Slow down.", retry_after_s=17.2), instance="/", request_id="12345678")
    assert response.headers["retry-after"] == "17"
