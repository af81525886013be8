"""How a file of signals is refused: the column, the row, what is wrong, and what to do."""

from __future__ import annotations

from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.errors import InvalidParameterError

_LONGEST = 80


def refuse_file(message: str, hint: str, **details: Any) -> NoReturn:
    """Refuse the file as a whole.

    Raises
    ------
    InvalidParameterError
        Always.
    """
    raise InvalidParameterError(message, hint=hint, **{"field": "file", **details})


def refuse_row(column: str, index: int, got: Any, wanted: str, hint: str) -> NoReturn:
    """Refuse a cell.

    Parameters
    ----------
    index : int
        Place of the row in the file, from 0; the message counts from 1, the header left out.

    Raises
    ------
    InvalidParameterError
        Always.
    """
    raise InvalidParameterError(
        f"Row {index + 1:,}: {column} {wanted}.",
        hint=hint,
        field=column,
        row=index + 1,
        got=repr(got)[:_LONGEST],
    )


def first_true(mask: pa.Array | pa.ChunkedArray) -> int | None:
    """Place of the first true value, nulls counting as false."""
    found: int = pc.index(mask, pa.scalar(True)).as_py()
    return None if found < 0 else found
