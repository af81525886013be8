"""Features on three years of real hours beside TA-Lib, or beside their formulas window by window where it has none.

Prints the greatest relative difference of each output; exits with an error if one is above 1e-9, if a label differs, or
if one has a value where the other has none.
"""

from __future__ import annotations

import sys

from candlecloud.features.bars import bars_from_table
from candlecloud.features.families import FEATURES
from tests.golden.talib_oracle import CASES, ORACLES, differences
from tests.golden.window_oracle import WINDOW_CASES, WINDOW_ORACLES
from tests.support.recorded import btc_hours

ALLOWED = 1e-9


def main() -> int:
    bars = bars_from_table(btc_hours())
    print(f"{len(bars):,} hours of BTC-USDT, greatest relative difference from the warm-up on\n")
    print("| feature | parameters | output | beside | bars | relative difference |\n|---|---|---|---|---|---|")
    oracles = {**ORACLES, **WINDOW_ORACLES}
    failed = 0
    for name, parameters in (*CASES, *WINDOW_CASES):
        beside = "TA-Lib" if name in ORACLES else "formula"
        given = ", ".join(f"{key} {value}" for key, value in parameters.items()) or "defaults"
        allowed = 0.0 if FEATURES.find(name).kind == "label" else ALLOWED
        for found in differences(bars, name, parameters, oracles[name]):
            failed += found.missing > 0 or not found.relative <= allowed
            print(f"| {name} | {given} | {found.output} | {beside} | {found.bars:,} | {found.relative:.1e} |")
    print(f"\nOutputs apart by more than {ALLOWED:.0e}, labels that differ, or values missing: {failed}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
