"""Is there a decision for every candle that a run reads? No NumPy: it is asked when a run is submitted."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from candlecloud.errors import InvalidParameterError
from candlecloud.market.instant import iso
from candlecloud.strategies.signals.file import SignalsFile
from candlecloud.strategies.signals.spec import Fill


def check_coverage(file: SignalsFile, sets: Sequence[int], open_times: Sequence[int], fill: Fill | None) -> None:
    """Check that each set says what is wanted after every candle, by a row or by what fills its place.

    Parameters
    ----------
    open_times : sequence of int
        Of the candles that the run reads, warm-up included, ms UTC.
    fill : {"hold", "flat"} or None
        What a candle without a row wants; None refuses it.

    Raises
    ------
    InvalidParameterError
        With the first candle that has no decision, and the ways out.
    """
    needed = pa.array(open_times, pa.int64())
    for number in sets:
        held = file.rows(number).open_time
        if fill is None:
            _refuse_uncovered(file, number, needed, held)
        elif fill == "hold" and len(needed) and needed[0].as_py() < held[0].as_py():
            raise InvalidParameterError(
                f"Set {number} of {file.id} begins at {iso(held[0].as_py())}, but the run reads candles from "
                f"{iso(needed[0].as_py())} on: before the first row there is nothing to hold.",
                hint='Start the run one candle after the first row, add a row, or set signals_fill to "flat".',
                field="signals_fill",
                set=number,
                first_row=iso(held[0].as_py()),
                first_candle=iso(needed[0].as_py()),
            )


def _refuse_uncovered(file: SignalsFile, number: int, needed: pa.Array, held: pa.Array) -> None:
    lacking = needed.filter(pc.invert(pc.is_in(needed, value_set=held)))
    if not len(lacking):
        return
    first = iso(lacking[0].as_py())
    raise InvalidParameterError(
        f"Set {number} of {file.id} has no row for {len(lacking):,} of the {len(needed):,} candles that the run reads; "
        f"the first opens at {first}.",
        hint="Add the rows; or choose start and end within the rows (a run also reads the candle before its start); "
        'or say what a missing row means: signals_fill "hold" (the last target stays) or "flat" (no position).',
        field="signals",
        set=number,
        candles=len(needed),
        missing=len(lacking),
        first_missing=first,
        first_row=iso(held[0].as_py()),
        last_row=iso(held[-1].as_py()),
    )
