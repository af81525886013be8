"""JSON that means one thing: no NaN, no number beyond 64 bits, no repeated key, no NUL, no lone surrogate."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from candlecloud.api.errors import InvalidJsonError

_LIMIT = 2**63
_MAX_DIGITS = 400
_MAX_DEPTH = 48  # rules of 20 levels, of which a list of conditions takes two, and what is around them


def parse(body: bytes) -> Any:
    """Read a request body.

    Raises
    ------
    InvalidJsonError
        Naming what is wrong and, where the parser knows it, the line and column.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise InvalidJsonError("The body is not UTF-8 text.", position=error.start) from error
    except json.JSONDecodeError as error:
        raise InvalidJsonError(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            line=error.lineno,
            column=error.colno,
        ) from error
    except RecursionError as error:
        raise InvalidJsonError("The body is nested too deeply.") from error
    check_text(value)
    return value


def check_text(value: Any, path: str = "", depth: int = 0) -> None:
    """Refuse strings (keys too) that no store and no log can hold: NUL characters and lone surrogates."""
    if depth > _MAX_DEPTH:
        raise InvalidJsonError(f"The body is nested more than {_MAX_DEPTH} levels deep.")
    if isinstance(value, str):
        if "\x00" in value:
            raise InvalidJsonError(f"{path or 'The body'} contains a NUL character.", field=path)
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise InvalidJsonError(f"{path or 'The body'} contains half of a surrogate pair.", field=path)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key, f"{path}.(key)" if path else "A key", depth)
            check_text(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_text(item, f"{path}[{index}]", depth + 1)


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS or not -_LIMIT <= int(text) < _LIMIT:
        raise InvalidJsonError(f"The number {_short(text)} does not fit in 64 bits.", number=_short(text))
    return int(text)


def _decimal(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise InvalidJsonError(f"The number {_short(text)} is too large.", number=_short(text))
    return value


def _constant(text: str) -> NoReturn:
    raise InvalidJsonError(f"{text} is not a JSON number; use a finite number or null.", number=text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InvalidJsonError(f"The key {_short(repeated)!r} appears twice in one object.", field=_short(repeated))
    return found


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."
