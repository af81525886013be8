"""Time under water by the clock, on a recorded market with an outage: both engines, compiled and plain, and by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from candlecloud.backtest.bar_engine import simulate
from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.vectorised_engine import PlainCosts, statistics_of_signals
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.metrics.accumulators import Accumulators
from tests.golden.bars import HOUR_MS
from tests.golden.summary_oracle import time_under_water
from tests.support.recorded import RECORDED


@pytest.fixture(scope="module")
def kraken() -> Bars:
    """A year of Kraken's hours: an outage of two days in January 2018, falling prices, 53 candles absent."""
    table = pq.read_table(RECORDED / "kraken_spot_XBTUSD_1h.parquet")
    for column in ("open", "high", "low", "close", "volume_base"):
        at = table.schema.get_field_index(column)
        table = table.set_column(at, column, pa.array([float(value) for value in table.column(column).to_pylist()]))
    return bars_from_table(table)


@pytest.mark.parametrize("hold", [np.ones, lambda n: np.arange(n) // 700 % 2 == 0])
def test_absent_candles_count_as_time_under_water(kraken: Bars, hold: type[np.ndarray]) -> None:
    target = np.asarray(hold(len(kraken)), float)
    backtest = Backtest(kraken, 10_000.0)
    run = simulate(backtest, target, Execution(taker_fee_bps=10.0, slippage_bps=2.0))
    hours = zip(kraken.open_time.tolist(), kraken.close_time.tolist(), strict=True)
    wanted = time_under_water(run.equity.tolist(), 10_000.0, hours)
    counted = run.accumulators.max_under_water_bars * HOUR_MS
    assert run.accumulators.max_under_water_ms == wanted > counted
    assert run.summary().max_drawdown_seconds == wanted // 1_000
    (row,) = statistics_of_signals(backtest, [target > 0.0], PlainCosts(0.001, 0.0002))
    assert Accumulators.from_row(row).max_under_water_ms == wanted
    assert Accumulators.from_row(row).max_under_water_bars * HOUR_MS == counted
