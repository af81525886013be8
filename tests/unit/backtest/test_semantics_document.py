"""The worked example of docs/backtest_semantics.md, computed again, number by number."""

from __future__ import annotations

import re
from pathlib import Path

from candlecloud.backtest.bar_engine import simulate
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.features.families.moving_average import sma
from candlecloud.strategies.builtin import STRATEGIES
from tests.golden.bars import bars_of
from tests.golden.dual_sma import dual_sma_targets
from tests.golden.reference import Bar, Rules, replay

DOCUMENT = Path(__file__).parents[3] / "docs" / "backtest_semantics.md"
ROWS = [
    [cell.strip() for cell in row.strip("|").split("|")]
    for row in re.findall(r"^\| \d+ \|.*$", DOCUMENT.read_text(), re.MULTILINE)
]
FIRST = 3


def _text(value: float, digits: int) -> str:
    return "-" if value != value else f"{value + 0.0:.{digits}f}".replace("-0.0000", "0.0000")


def test_every_number_of_the_worked_example() -> None:
    assert len(ROWS) == 12
    opens, closes, volumes = ([float(row[k]) for row in ROWS] for k in (1, 2, 3))
    bars = bars_of(opens, closes, volumes)
    target = STRATEGIES.find("dual_sma").target(bars, {"fast": 2, "slow": 3})
    execution = Execution(taker_fee_bps=10, slippage_bps=10, flatten_at_end=True)
    result = simulate(Backtest(bars, 10_000, start_bar=FIRST), target, execution)
    fast, slow = (sma(bars.close_tick_sums, window, bars.scale) for window in (2, 3))
    fills = {fill.bar: fill for fill in result.fills}
    cash, quantity = 10_000.0, 0.0
    for t, row in enumerate(ROWS):
        assert row[4:7] == [_text(fast[t], 4), _text(slow[t], 4), str(int(max(target[t], 0)))]
        shown = "-"
        if t in fills:
            f = fills[t]
            cash, quantity = cash - f.quantity * f.price - f.fee, f.held
            side = "buy" if f.quantity > 0 else "sell"
            shown = f"{side} {abs(f.quantity):.8f} at {f.price:.4f}, fee {f.fee:.4f}"
        assert row[7] == shown
        marks = ["-"] * 4
        if t >= FIRST:
            equity, drawdown = result.equity[t - FIRST], result.drawdown[t - FIRST]
            marks = [_text(cash, 4), _text(quantity, 8), _text(equity, 4), _text(drawdown, 6)]
        assert row[8:12] == marks


def test_the_bar_loop_gives_the_worked_example_too() -> None:
    prices = [(float(row[1]), float(row[2]), float(row[3])) for row in ROWS]
    targets = [max(0.0, t) for t in dual_sma_targets([int(p[1]) for p in prices], 2, 3)]
    rows = [Bar(open_, max(open_, close), min(open_, close), close, volume) for open_, close, volume in prices]
    rules = Rules(taker_fee=0.001, slippage=0.001, flatten_at_end=True)
    got = replay(rows, targets, rules, cash=10_000.0, first=FIRST)
    assert [f"{equity:.4f}" for equity in got.equity] == [row[10] for row in ROWS[FIRST:]]
