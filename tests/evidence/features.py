"""Features beside TA-Lib on three years of real hours: the greatest relative difference of each output.

Exits with an error if one is above 1e-9 or has a value where the other has none.
"""

from __future__ import annotations

import sys

from candlecloud.features.bars import bars_from_table
from candlecloud.features.registry import FEATURES
from tests.golden.talib_oracle import CASES, ORACLES, differences
from tests.support.recorded import btc_hours

ALLOWED = 1e-9


def main() -> int:
    bars = bars_from_table(btc_hours())
    print(f"{len(bars):,} hours of BTC-USDT, greatest relative difference to TA-Lib, from the warm-up on\n")
    print("| feature | parameters | output | bars | relative difference |\n|---|---|---|---|---|")
    failed = 0
    for name, parameters in CASES:
        for found in differences(bars, name, parameters):
            failed += found.missing > 0 or not found.relative <= ALLOWED
            given = ", ".join(f"{key} {value}" for key, value in found.parameters.items()) or "defaults"
            print(f"| {name} | {given} | {found.output} | {found.bars:,} | {found.relative:.1e} |")
    others = ", ".join(name for name in FEATURES if name not in ORACLES)
    print(f"\nNot in TA-Lib, checked by hand in tests/unit/test_features_by_hand.py: {others}.")
    print(f"Outputs apart by more than {ALLOWED:.0e} or missing somewhere: {failed}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
