"""Prints our metrics beside empyrical's, scipy's, pandas' and quantstats': ``python -m tests.evidence.metrics``."""

from __future__ import annotations

import sys

from tests.support.metric_differences import differences
from tests.support.metric_oracles import agreements

TOLERANCE = 1e-12


def main() -> int:
    found = list(agreements())
    print(f"{'metric':23}{'library':22}{'ours':>22}{'theirs':>22}{'difference':>12}  made comparable by")
    for one in found:
        print(
            f"{one.metric:23}{one.library:22}{one.ours:22.15g}{one.theirs:22.15g}{one.difference:12.1e}  {one.bridge}"
        )
    worst = max(one.difference for one in found)
    print(f"\n{len(found)} comparisons on real BTC hours, largest relative difference {worst:.1e} (bound {TOLERANCE})")
    print("\nDeliberate differences:")
    for other in differences():
        ours = "null" if other.ours is None else f"{other.ours:.6g}"
        print(f"  {other.metric}: ours {ours}, {other.library} {other.theirs:.6g}: {other.why}")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
