"""A result is written as it always was, and read back into its dataclasses, or refused with a sentence."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from candlecloud.contract import results
from candlecloud.contract.result_json import document_of, read_result, write_result
from candlecloud.contract.results import RESULT_SCHEMA, RunResult
from candlecloud.errors import ConflictError
from candlecloud.metrics import figures
from candlecloud.metrics.metric import MetricSpec
from tests.support.run_documents import configured, short_position, small_result, trade

PARTS = {part for part in (*vars(results).values(), *vars(figures).values()) if is_dataclass(part)} - {MetricSpec}


def whole() -> RunResult:
    """A result in which no part is empty."""
    result = small_result([100.0, 90.0, 120.5], trades=[trade(0.1, 7200)], open_position=short_position())
    return configured(result, stops={"stop_loss": 0.1}, seed=3)


def test_what_was_written_is_read_back_equal() -> None:
    content = write_result(whole())
    assert read_result(content) == whole()
    assert write_result(read_result(content)) == content
    assert content == json.dumps(json.loads(content), sort_keys=True, separators=(",", ":")).encode()


def test_curves_are_passed_through_uncopied() -> None:
    result = whole()
    assert document_of(result)["curves"]["equity"] is result.curves.equity


def test_moment_of_reading_is_no_part_of_a_result() -> None:
    asked = configured(whole(), as_of="2026-01-01")
    assert write_result(asked) == write_result(whole())


def test_summary_holds_the_parts_of_the_record() -> None:
    document = document_of(whole())
    names = ("metrics", "benchmark", "relative", "data", "assumptions")
    assert document_of(whole().summary) == {name: document[name] for name in names}


def test_another_form_is_another_schema() -> None:
    """The hash of code does not cover the contract, so the schema's id alone tells two forms of a result apart."""
    form = "".join(sorted(f"{part.__name__}.{field.name}\n" for part in PARTS for field in fields(part)))
    digest = hashlib.sha256(form.encode()).hexdigest()[:16]
    assert (RESULT_SCHEMA, digest) == ("candlecloud.run/4", "cf67308e6eda4d1e"), "raise RESULT_SCHEMA, then this digest"


def _without(document: dict[str, Any], *path: str) -> dict[str, Any]:
    *parts, last = path
    place = document
    for name in parts:
        place = place[name]
    del place[last]
    return document


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda d: d | {"schema": "candlecloud.run/1"},
            "has schema 'candlecloud.run/1'; this version reads 'candlecloud.run/4'",
        ),
        (lambda d: d | {"schema": None}, "has schema None"),
        (lambda d: _without(d, "schema"), "has schema none; this version reads"),
        (lambda d: _without(d, "metrics", "sharpe"), "is malformed. metrics.sharpe: This field is required."),
        (lambda d: d | {"ruined": "no"}, "is malformed. ruined: "),
        (lambda d: d | {"run_id": 7}, "is malformed. run_id: "),
        (lambda d: d | {"more": 1}, "is malformed. more: There is no such field."),
        (lambda d: d | {"curves": d["curves"] | {"equity": [1.0, "2.0"]}}, "is malformed. curves.equity.1: "),
        (lambda d: d | {"trades": [None]}, "is malformed. trades.0: "),
        (lambda d: d | {"config": d["config"] | {"strategy": "gone"}}, "is malformed. strategy: "),
    ],
)
def test_any_other_document_is_refused_with_a_sentence(change: Any, told: str) -> None:
    document = json.loads(write_result(whole()))
    with pytest.raises(ConflictError) as caught:
        read_result(json.dumps(change(document)).encode())
    assert told in caught.value.message
    assert caught.value.message.endswith(".")
    assert caught.value.hint == "Send this run's request again: it is then computed in this schema."


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"{}"])
def test_what_is_no_result_is_refused(content: bytes) -> None:
    with pytest.raises(ConflictError, match="The stored result"):
        read_result(content)
