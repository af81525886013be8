"""Errors that point at the place in the document and say what to write there instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from reprlib import Repr
from typing import Any, NoReturn

from candlecloud.errors import InvalidParameterError

_LONGEST = 80
_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 3, _LONGEST, _LONGEST


def step(pointer: str, part: str | int) -> str:
    """The place one level deeper, escaped as in a JSON pointer (RFC 6901)."""
    return f"{pointer}/{str(part)[:_LONGEST].replace('~', '~0').replace('/', '~1')}"


def refuse(pointer: str, message: str, hint: str, **details: Any) -> NoReturn:
    """Raise the error of a place.

    Raises
    ------
    InvalidParameterError
        Always.
    """
    raise InvalidParameterError(f"{pointer}: {message}", hint=hint, field=pointer, **details)


def show(value: Any) -> str:
    """A value for a message, cut in length and depth."""
    text = _SHORT.repr(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def suggest(word: Any, allowed: Collection[str]) -> str:
    """A hint that names the nearest allowed word, and all of them."""
    text, words = word[:_LONGEST] if isinstance(word, str) else "", list(allowed)
    near = get_close_matches(text, words, n=1) or get_close_matches(text.partition(".")[0], words, n=1)
    return (f"Did you mean {near[0]!r}? " if near else "") + f"Allowed: {', '.join(allowed) or 'none'}."


def refuse_word(pointer: str, what: str, word: Any, allowed: Collection[str]) -> NoReturn:
    """Raise the error of a word that is not one of the allowed.

    Raises
    ------
    InvalidParameterError
        Always.
    """
    refuse(pointer, f"There is no {what} {show(word)}.", suggest(word, allowed), allowed=list(allowed))


def read_object(value: Any, pointer: str, allowed: Sequence[str], required: Sequence[str] = ()) -> Mapping[str, Any]:
    """Check that a value is an object with allowed keys.

    Raises
    ------
    InvalidParameterError
        If it is not, if a key is unknown, or if one is missing.
    """
    content = read_mapping(value, pointer)
    for key in content:
        if key not in allowed:
            refuse_word(step(pointer, key), "key", key, allowed)
    for key in required:
        if key not in content:
            refuse(
                pointer, f"{key!r} is missing.", f"Add {key!r}. Keys here: {', '.join(allowed)}.", allowed=list(allowed)
            )
    return content


def read_mapping(value: Any, pointer: str) -> Mapping[str, Any]:
    """Check that a value is a JSON object.

    Raises
    ------
    InvalidParameterError
        If it is not.
    """
    if not isinstance(value, Mapping):
        refuse(pointer, "This must be an object.", "Write a JSON object, {...}.", got=show(value))
    return value
