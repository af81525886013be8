"""What the API accepts and how it reads it: JSON, moments, cursors, Accept headers, request ids."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from candlecloud.api import cursors, negotiation, strict_json
from candlecloud.api.errors import InvalidCursorError, InvalidJsonError, NotAcceptableError
from candlecloud.api.negotiation import ARROW, JSON, PARQUET
from candlecloud.api.request_context import accept_request_id
from candlecloud.contract.fields import Instant
from candlecloud.market.instant import LATEST_MS, iso

INSTANT = TypeAdapter(Instant)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"\xff{}", "UTF-8"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": 9223372036854775808}', "64 bits"),
        (b'{"a": ' + b"9" * 5000 + b"}", "64 bits"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": "x\\u0000"}', "NUL"),
        (b'{"a\\u0000": 1}', "NUL"),
        (b'{"a": ["\\ud800"]}', "surrogate"),
        (b"[" * 100 + b"]" * 100, "nested"),
        (b"[" * 100_000, "nested"),
    ],
)
def test_bad_json_is_refused_by_name(body: bytes, said: str) -> None:
    with pytest.raises(InvalidJsonError, match=said):
        strict_json.parse(body)


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text("abc€𝄞 "), st.lists))
def test_good_json_reads_as_the_standard_library_reads_it(value: object) -> None:
    assert strict_json.parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("given_value", "wanted"),
    [
        ("2024-01-31T00:00:00Z", 1706659200000),
        ("2024-01-31T01:00:00+01:00", 1706659200000),
        ("2024-01-31T01:00:00+0100", 1706659200000),
        ("2024-01-31", 1706659200000),
        ("2024-01-31 00:00", 1706659200000),
        ("2024-01-31T00:00:00.1239Z", 1706659200123),
        ("1706659200000", 1706659200000),
        (1706659200000, 1706659200000),
        (0, 0),
    ],
)
def test_every_spelling_of_a_moment(given_value: object, wanted: int) -> None:
    assert INSTANT.validate_python(given_value) == wanted


@pytest.mark.parametrize(
    "bad",
    [
        "yesterday", "2024-13-01", "2024-02-30T00:00:00Z", "", " ", 1.5, True, None, [], "NaN", 2**63, -1, 1706659200,
        "9" * 30,
        "2024-01-31T25:00Z", "0001-01-01", "9999-12-31T23:59:59-23:59",
    ],
)  # fmt: skip
def test_what_is_not_a_moment(bad: object) -> None:
    with pytest.raises(ValidationError) as found:
        INSTANT.validate_python(bad)
    assert found.value.errors()[0]["type"] == "invalid_range"


def test_unix_seconds_are_recognised() -> None:
    with pytest.raises(ValidationError) as found:
        INSTANT.validate_python(1706659200)
    assert found.value.errors()[0]["ctx"]["hint"] == "Send 1706659200000."


@given(st.integers(0, LATEST_MS).filter(lambda t: t == 0 or t >= 10**11))
def test_moments_survive_writing_and_reading(time_ms: int) -> None:
    text = iso(time_ms)
    assert INSTANT.validate_python(text) == INSTANT.validate_python(str(time_ms)) == time_ms
    assert datetime.fromisoformat(text) == datetime.fromtimestamp(time_ms / 1000, UTC)


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text()), st.integers() | st.text())
def test_cursors_come_back_for_their_query_only(query: dict[str, object], place: int | str) -> None:
    cursor = cursors.issue(query, place)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    assert cursors.read(query, cursor) == place
    with pytest.raises(InvalidCursorError):
        cursors.read({**query, "another": 1}, cursor)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{1,60}", fullmatch=True))
def test_invented_cursors_are_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        cursors.read({}, text)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (ARROW, ARROW),
        (f"{PARQUET};q=0.5, {ARROW};q=0.4", PARQUET),
        (f"{JSON};q=0, */*", ARROW),
        (f"text/html, {ARROW.upper()} ; q=0.9", ARROW),
        (f"{JSON};q=0.2, {PARQUET}", PARQUET),
    ],
)
def test_the_best_offer_is_chosen(accept: str | None, chosen: str) -> None:
    assert negotiation.choose(accept, [JSON, ARROW, PARQUET]) == chosen


@pytest.mark.parametrize("accept", ["text/html", f"{JSON};q=0", f"{JSON};q=nan", f"{JSON};q=2", ";;,", "a/b;q="])
def test_what_nobody_offers_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptableError) as found:
        negotiation.choose(accept, [JSON])
    assert found.value.details["available"] == [JSON]


@given(st.text())
def test_only_well_formed_request_ids_are_taken_over(text: str) -> None:
    taken = accept_request_id(text)
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,128}", taken)
    assert (taken == text) == bool(re.fullmatch(r"[A-Za-z0-9._-]{8,128}", text))
