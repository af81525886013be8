"""Parameters of a feature or a strategy as plain keys of a query: ``?feature=ema&window=20``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from candlecloud.errors import InvalidParameterError
from candlecloud.parameters import Number, Parameter

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)


def read_parameters(
    owner: str, parameters: Sequence[Parameter], given: Mapping[str, str], other_keys: Sequence[str]
) -> dict[str, Number]:
    """Read what a query holds beside its own keys.

    Parameters
    ----------
    owner : str
        Whose parameters they are, for the message.
    given : mapping
        The keys that the query's model does not know, as text.
    other_keys : sequence of str
        The keys that it knows, for the hint.

    Raises
    ------
    InvalidParameterError
        For a key that is no parameter, or a value that it does not take.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for key in given:
        if key not in known:
            takes = ", ".join(known) or "none"
            raise InvalidParameterError(
                f"There is no query parameter {key[:80]!r} here.",
                hint=f"Parameters of {owner}: {takes}. Others: {', '.join(other_keys)}.",
                field=key[:80],
                allowed=[*known, *other_keys],
            )
    return {key: known[key].check(_value(text), key) for key, text in given.items()}


def document_parameters(owners: Mapping[str, Sequence[Parameter]]) -> dict[str, Any]:
    """The same for the OpenAPI document: every key that any of the owners takes."""
    takers: dict[str, list[str]] = {}
    for owner, parameters in owners.items():
        for parameter in parameters:
            takers.setdefault(parameter.name, []).append(owner)
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": f"Parameter of {', '.join(f'`{owner}`' for owner in names)}",
                "schema": {"type": "number"},
            }
            for name, names in sorted(takers.items())
        ]
    }


def _value(text: str) -> Any:
    """A number where the text is one; the text itself otherwise, which no parameter takes."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
