"""The part of docs/strategies.md about own signals."""

from __future__ import annotations

from candlecloud.strategies.signals.read_file import ARROW_FILE, ARROW_STREAM, MAX_ROWS, PARQUET
from candlecloud.strategies.signals.spec import MAX_SETS, NOT_TESTABLE

OWN_SIGNALS = f"""
## signals

Target positions of your own, computed wherever you like and brought as a file: no code of yours runs here. Costs,
fills, statistics and report are those of any run.

1. `PUT /signals/files?exchange=...&symbol=...&timeframe=...` with the file as body (`text/csv`, `{PARQUET}`,
   `{ARROW_STREAM}` or `{ARROW_FILE}`; up to 4 MB). For files up to 64 MB: `POST /signals/files` with the file's
   `sha256` and `bytes` gives a link to send it to; then send the same request again. (In local mode there is no
   link.) The answer has the id, `signals_...`. Who has the rights on AWS can do the same from a shell:
   `candlecloud signals upload targets.parquet --exchange binance --symbol BTC-USDT --timeframe 1h`.
2. A run: `"strategy": "signals", "signals": "signals_..."`. A sweep over several sets: the same with `"grid":
   {{"set": [0, 1, 2]}}`.

| column | meaning |
|---|---|
| `open_time` | open time of a bar of the series: ISO-8601 (UTC without an offset) or unix milliseconds, ascending, \
each once |
| `target` | the position that is wanted after that bar's **close**, from -1 (short) to 1 (long) |
| `size` | optional, 0 to 1: the fraction of equity behind a target of 1; takes the place of the sizing model, so \
`sizing` must be left out |
| `set` | optional, 0 to {MAX_SETS - 1}: several sets in one file; or write them side by side as `target_0`, \
`target_1` and so on (`size_0`, `size_1`) |

**Which bar a row belongs to** decides whether a result is true. A row with `open_time` 12:00 of hourly bars is
decided at 13:00, when that bar closes, with all that is known then; it fills at the open of the 13:00 bar. So a
target that was computed from the closes up to and including the 12:00 bar stands in the row 12:00. If your table says
"hold this during the bar that opens at `open_time`", move each target one row up. The mistake the other way round (a
target in row 12:00 that knows the close of 13:00) trades on the future, and the result is too good.

The **look-ahead test** cannot see it: it computes decisions again on a changed future, and these are not computed
here. The result and the report of such a run say "{NOT_TESTABLE}".

- **Checked** when the file comes: every cell, the order, the grid of the timeframe, the stored range of the series. A
  wrong one is refused with its row (the first row after a header is row 1). At most {MAX_ROWS:,} rows, {MAX_SETS:,}
  sets.
- **Checked** when a run is sent: a decision for every candle that it reads, from the candle before `start` (a sizing
  model or an ATR stop reads more, for its warm-up) to the last. A candle without a row is refused, unless
  `signals_fill` says what it means: `hold` (the last row's target and size stay) or `flat` (no position). So a file
  of changes alone needs `hold`. A row whose candle is not stored decides nothing. `direction` limits the targets as
  usual.
- **Kept** under the hash of its content. The same targets, from whatever format, are one file; another cell is
  another file and another run. Nothing deletes a file, so a run that names it can be computed again from its
  manifest.
"""
