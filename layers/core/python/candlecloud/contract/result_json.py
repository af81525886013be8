"""A run's result as `result.json`, and back."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from candlecloud.contract.refusals import read_error
from candlecloud.contract.results import RESULT_SCHEMA, RunResult
from candlecloud.contract.run_spec import RunSpec, canonical_json
from candlecloud.errors import ConflictError

_HINT = "Send this run's request again: it is then computed in this schema."


def document_of(part: Any) -> Any:
    """A part of a result as JSON-able values. Lists of numbers and free mappings go through as they are, uncopied."""
    if is_dataclass(part):
        return {field.name: document_of(getattr(part, field.name)) for field in fields(part)}
    if isinstance(part, RunSpec):
        return part.identity_dict()
    if isinstance(part, list) and part and is_dataclass(part[0]):
        return [document_of(entry) for entry in part]
    return part


def write_result(result: RunResult) -> bytes:
    """The whole result as canonical JSON: equal results are equal bytes."""
    return canonical_json(document_of(result))


def read_result(content: bytes) -> RunResult:
    """Read a stored ``result.json``.

    Raises
    ------
    ConflictError
        If it has a schema that is not known here, or lacks or misspells a part.
    """
    try:
        return _reader().validate_json(content)
    except ValidationError as error:
        raise _refused(error) from error


@cache
def _reader() -> TypeAdapter[RunResult]:
    return TypeAdapter(RunResult)


def _refused(error: ValidationError) -> ConflictError:
    found = error.errors(include_url=False)
    schema = next((one for one in found if one["loc"] == ("schema",)), None)
    if schema is not None:
        told = repr(schema["input"])[:80] if schema["type"] != "missing" else "none"
        return ConflictError(
            f"The stored result has schema {told}; this version reads {RESULT_SCHEMA!r}.",
            hint=_HINT,
            wanted=RESULT_SCHEMA,
        )
    wrong = read_error(found, place="result")
    return ConflictError(f"The stored result is malformed. {wrong.message}", hint=_HINT, field=wrong.details["field"])
