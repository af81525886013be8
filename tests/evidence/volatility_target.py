"""Realised over asked volatility of a run, in position and unclamped, with ``--data FILE`` on other candles.

FILE is Parquet with ``open_time`` (or ``ts_open``; ms UTC), open, high, low, close, volume_base; left out, the recorded
hours of BTC-USDT. Exits with an error if a ratio of 1,000 bars or more is off by more than a tenth.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from candlecloud.features.bars import Bars, bars_from_table
from tests.support.realised_volatility import ASKED, RULES, WINDOWS, table_of
from tests.support.recorded import btc_hours

ALLOWED = 0.1
ENOUGH_BARS = 1_000


def read_bars(path: Path, start: str | None, end: str | None) -> Bars:
    """Bars of a Parquet file, as far as they open in ``[start, end)``."""
    table = pq.read_table(path)
    opened = table.column("open_time" if "open_time" in table.column_names else "ts_open").cast(pa.int64()).to_numpy()
    first, last = (np.datetime64(text, "ms").astype(np.int64) for text in (start or "1970-01-01", end or "2262-01-01"))
    columns = {
        name: [float(value) for value in table.column(name).to_pylist()]
        for name in ("open", "high", "low", "close", "volume_base")
    }
    step = int(np.diff(opened).min())
    whole = pa.table({"open_time": opened, "close_time": opened + step, **columns})
    return bars_from_table(whole.filter(pa.array((opened >= first) & (opened < last))))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--start")
    parser.add_argument("--end")
    parser.add_argument("--band", type=float, help="of the rebalancing; 0 is off")
    given = parser.parse_args()
    bars = bars_from_table(btc_hours()) if given.data is None else read_bars(given.data, given.start, given.end)
    first, last = (np.datetime64(int(bars.open_time[k]), "ms").astype("datetime64[h]") for k in (0, -1))
    print(
        f"{len(bars):,} bars, {first} to {last} UTC; realised over asked volatility (bars in position and unclamped)\n"
    )
    head = "".join(f" {asked:.0%} |" for asked in ASKED)
    print(f"| strategy | window |{head} fills at {ASKED[2]:.0%} |\n|---|---|{'---|' * (len(ASKED) + 1)}")
    found = list(table_of(bars, given.band))
    for rule in RULES:
        for window in WINDOWS:
            row = [one for one in found if (one.rule, one.window) == (rule, window)]
            cells = "".join(f" {one.ratio:.3f} ({one.bars:,}) |" for one in row)
            print(f"| {rule} | {window} |{cells} {row[2].fills:,} |")
    off = [one for one in found if one.bars >= ENOUGH_BARS and not abs(one.ratio - 1.0) <= ALLOWED]
    worst = max((abs(one.ratio - 1.0) for one in found if one.bars >= ENOUGH_BARS), default=0.0)
    print(f"\nFurthest from 1: {worst:.3f}; off by more than {ALLOWED:.0%}: {len(off)} of {len(found)}")
    return int(bool(off))


if __name__ == "__main__":
    sys.exit(main())
