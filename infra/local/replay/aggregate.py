"""Coarser candles, summed exactly from recorded finer ones.

Binance's own coarser candles equal these sums without one differing value (tests/data/recorded/README.md).
"""

from typing import Any

import pyarrow as pa

from infra.local.replay.recorded import Columns, integers

ORDERED = ("open_time", "close_time", "open", "high", "low", "close", "volume_base", "volume_quote", "trades")
SUMMED = ("volume_base", "volume_quote", "trades")


def aggregate(finer: Columns, step: int) -> Columns:
    """Return the candles of ``step`` ms (a multiple of the finer step, aligned to 1970) that the finer rows add up to.

    A bucket that the recording covers only in part is left out at the front and kept, but not counted as complete, at
    the end, so that it can be served while it is running and never as a finished candle.
    """
    names = [name for name in ORDERED[2:] if getattr(finer, name) is not None]
    bucket = pa.array([at - at % step for at in finer.open_time], pa.int64())
    table = pa.table({"bucket": bucket} | {name: pa.array(list(getattr(finer, name)), pa.int64()) for name in names})
    how = {"open": "first", "high": "max", "low": "min", "close": "last"} | dict.fromkeys(SUMMED, "sum")
    grouped = table.group_by("bucket", use_threads=False).aggregate([(name, how[name]) for name in names])
    first = finer.open_time[0]
    if first % step:
        grouped = grouped.slice(1)
    opens = grouped["bucket"].to_pylist()
    columns: dict[str, Any] = {name: integers(grouped[f"{name}_{how[name]}"]) for name in names}
    return Columns(
        step=step,
        scales=finer.scales,
        open_time=opens,
        close_time=[at + step - 1 for at in opens],
        complete=sum(1 for at in opens if at + step <= finer.end),
        derived=True,
        **({"volume_quote": None, "trades": None} | columns),
    )
