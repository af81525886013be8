"""Parts of a result in words and counts: bars, coverage, assumptions."""

from __future__ import annotations

from typing import Any

import numpy as np

from candlecloud.backtest.assumptions import name_assumptions
from candlecloud.contract.run_spec import RunSpec
from candlecloud.experiments.execution import execution_of
from candlecloud.features.bars import Bars
from candlecloud.market.instant import iso
from candlecloud.runs.data_requirements import CandleCoverage, measure_coverage, needed_range
from candlecloud.runs.inputs import RunInputs


def describe_coverage(spec: RunSpec, warmup_bars: int, inputs: RunInputs) -> CandleCoverage:
    """How many of the needed candles are there."""
    needed = needed_range(spec.range, warmup_bars, spec.series)
    return measure_coverage(needed, inputs.candles.column("open_time"), spec.series)


def describe_bars(bars: Bars, start_bar: int) -> dict[str, Any]:
    """The run's bars, warm-up apart."""
    return {
        "bars": len(bars) - start_bar,
        "warmup_bars": start_bar,
        "first_open": iso(int(bars.open_time[start_bar])),
        "last_close": iso(int(bars.close_time[-1])),
        "price_scale": bars.scale,
    }


def describe_assumptions(spec: RunSpec, bars: Bars) -> dict[str, Any]:
    """Every switch of the semantics by name."""
    funding = spec.funding
    return name_assumptions(
        execution_of(spec),
        direction=spec.direction,
        slippage=spec.slippage.model_dump(),
        sizing=spec.sizing.model_dump(),
        funding=None if funding is None else funding.model_dump(mode="json") | {"rates": len(funding.rates or ())},
        finer_timeframe=spec.finer_timeframe,
        look_ahead_test=spec.look_ahead_test,
        unknown_volume_bars=int(np.isnan(bars.volume).sum()),
    )
