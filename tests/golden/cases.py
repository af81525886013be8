"""Random cases for the engines: coarse prices, so that ties and exact hits of stops happen, and every switch."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from hypothesis import strategies as st

from candlecloud.backtest.execution import Execution
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.intrabar import IntrabarData
from candlecloud.backtest.orders import DIRECTIONS, allowed_target
from candlecloud.features.bars import Bars, prefix_sums, to_ticks
from tests.golden.bars import HOUR_MS
from tests.golden.reference import Bar, Replay, Rules, replay

CASH = 10_000.0
_BPS = ("taker_fee", "maker_fee", "slippage", "impact", "entry_offset")
CALM = ("quiet", "spikes")
_TARGETS = (-1.0, -1.0, -0.5, 0.0, 0.0, 0.25, 0.5, 0.499, 1.0, 1.0)


@dataclass(frozen=True)
class Case:
    """The arguments of `simulate`."""

    backtest: Backtest
    target: Any
    execution: Execution
    size: Any = 1.0


def rules_of(execution: Execution, *, optimistic: bool = False) -> Rules:
    """The reference's rules: fractions instead of basis points."""
    values = {
        field.name: getattr(execution, f"{field.name}_bps") / 10_000.0
        if field.name in _BPS
        else getattr(execution, field.name)
        for field in fields(Rules)
        if field.name != "optimistic"
    }
    return Rules(**values, optimistic=optimistic)


def replayed(case: Case) -> Replay:
    """What the reference does with a case."""
    backtest, bars, n = case.backtest, case.backtest.bars, len(case.backtest.bars)
    volumes = [None if v != v else v for v in bars.volume.tolist()]
    funding = [0.0] * n if backtest.funding is None else backtest.funding.tolist()
    inside: list[Any] = [()] * n
    if backtest.intrabar is not None:
        intrabar = backtest.intrabar
        pairs = list(zip(intrabar.high.tolist(), intrabar.low.tolist(), strict=True))
        inside = [pairs[a:b] for a, b in zip(intrabar.start[:-1], intrabar.start[1:], strict=True)]
    prices = (bars.open.tolist(), bars.high.tolist(), bars.low.tolist(), bars.close.tolist())
    atr = [math.nan] * n if backtest.average_true_range is None else backtest.average_true_range.tolist()
    rows = [Bar(*row) for row in zip(*prices, volumes, funding, inside, atr, strict=True)]
    return replay(
        rows,
        allowed_target(case.target, backtest.direction).tolist(),
        rules_of(case.execution, optimistic=backtest.optimistic),
        cash=backtest.initial_equity,
        sizes=[case.size] * n if isinstance(case.size, float) else case.size.tolist(),
        first=backtest.start_bar,
    )


def _one_of(*values: float) -> st.SearchStrategy[float]:
    return st.sampled_from(values)


_EXECUTIONS = st.fixed_dictionaries(
    {
        "taker_fee_bps": _one_of(0.0, 10.0, 33.3, 500.0),
        "maker_fee_bps": _one_of(-10.0, -2.5, 0.0, 2.0, 10.0),
        "slippage_bps": _one_of(0.0, 2.0, 17.0, 900.0),
        "impact_bps": _one_of(0.0, 0.0, 100.0, 800.0),
        "max_participation": _one_of(0.0, 0.0, 0.05, 0.25, 1.0),
        "stop_loss": _one_of(0.0, 0.0, 0.01, 0.02, 0.1),
        "take_profit": _one_of(0.0, 0.0, 0.01, 0.02, 0.15, 2.0),
        "trailing_stop": _one_of(0.0, 0.0, 0.01, 0.03, 0.1),
        "atr_stops": st.sampled_from(["", "", "stop_loss", "take_profit", "trailing_stop", "all"]),
        "entry_type": st.sampled_from([0, 0, 0, 1, 2]),
        "entry_offset_bps": _one_of(0.0, 10.0, 50.0, 100.0, 2_000.0),
        "entry_expires_bars": st.sampled_from([0, 0, 1, 3]),
        "entry_through_ticks": st.sampled_from([0, 0, 1, 40]),
        "max_bars": st.sampled_from([0, 0, 1, 2, 7, 40]),
        "drawdown_limit": _one_of(0.0, 0.0, 0.01, 0.05, 0.3),
        "cooldown_bars": st.sampled_from([1, 2, 5]),
        "rebalance_band": _one_of(0.0, 0.0, 0.002, 0.02, 0.2),
        "tick_size": _one_of(0.0, 0.0, 0.001, 0.5),
        "lot_step": _one_of(0.0, 0.0, 0.001, 1.0, 30.0),
        "min_notional": _one_of(0.0, 0.0, 10.0, 3_000.0),
        "flatten_at_end": st.booleans(),
    }
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Switches are drawn, series follow from a drawn seed."""
    switches: dict[str, Any] = draw(_EXECUTIONS)
    with_atr = switches.pop("atr_stops")
    for name in ("stop_loss", "take_profit", "trailing_stop"):
        if with_atr in (name, "all"):
            switches |= {name: 0.0, f"{name}_atr": draw(_one_of(0.5, 1.0, 3.0))}
    if not switches["tick_size"]:
        switches["entry_through_ticks"] = 0
    if not switches["max_participation"]:
        switches["impact_bps"] = 0.0
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    style = draw(st.sampled_from(["tight", "walk", "wild", "quiet", "spikes"]))
    n = draw(st.integers(1, 60)) * (3 if style in CALM else 1)
    capped = switches["max_participation"] > 0.0
    bars = _bars(rng, n, style, capped)
    sizes = (1.0, float(rng.random()), rng.choice([0.0, 0.3, 0.31, 1.0], n))
    target = _targets(rng, n, 0.98 if style in CALM else float(rng.choice([0.0, 0.7, 0.9])))
    backtest = Backtest(
        bars,
        CASH,
        direction=draw(st.sampled_from(DIRECTIONS)),
        start_bar=draw(st.integers(0, n - 1)) if draw(st.booleans()) else 0,
        funding=rng.choice([0.0, 0.0, 0.0, 0.001, -0.002, 0.3], n) if draw(st.booleans()) else None,
        intrabar=_intrabar(rng, bars) if draw(st.booleans()) else None,
        optimistic=draw(st.booleans()),
        average_true_range=_atr(rng, bars) if with_atr else None,
    )
    return Case(backtest, target, Execution(**switches), sizes[draw(st.sampled_from([0, 0, 1, 2, 2]))])


def _bars(rng: np.random.Generator, n: int, style: str, capped: bool) -> Bars:
    """Prices in hundredths: open and close, and a high and low that reach over them by some ticks."""
    reach = rng.choice([0, 0, 3, 100, 300], (2, n))
    if style in ("walk", *CALM):
        step = 150 if style == "walk" else 25
        open_ = np.maximum(10_000 + rng.integers(-step, step + 1, n).cumsum(), 200)
        close = np.maximum(open_ + rng.integers(-step, step + 1, n), 200)
        reach = reach // (150 // step)
    else:
        low, high = (9_990, 10_010) if style == "tight" else (200, 40_000)
        open_, close = rng.integers(low, high, n), rng.integers(low, high, n)
    high, low = np.maximum(open_, close) + reach[0], np.maximum(np.minimum(open_, close) - reach[1], 200)
    if style == "spikes":  # what a short does not survive, and a bar that closes as if nothing had been
        high = np.where(rng.random(n) < 0.02, high * 4, high)
    volume = rng.choice([0.0, 1.5, 30.0, 100.0, 400.0, 1e6] if capped else [0.0, 0.0, 1.5, 3.0, 3.0, np.nan], n)
    if style in CALM:  # most bars trade, enough of them in a row for the look ahead
        volume = np.where(rng.random(n) < 0.03, volume, 5_000.0)
    times = np.cumsum(rng.choice([1, 1, 1, 1, 2, 30], n)).astype(np.int64) * HOUR_MS
    floats = [prices / 100.0 for prices in (open_, high, low, close)]
    return Bars(times, times + HOUR_MS, *floats, volume, 2, prefix_sums(to_ticks(floats[3], 2)))


def _targets(rng: np.random.Generator, n: int, persistence: float) -> Any:
    """Either a new target at every bar, or stretches of one."""
    wanted = rng.choice(_TARGETS, n)
    keep = rng.random(n) < persistence
    last = np.maximum.accumulate(np.where(keep, 0, np.arange(n)))
    return wanted[last]


def _atr(rng: np.random.Generator, bars: Bars) -> Any:
    """Unknown at first; in hundredths, so that levels are met exactly."""
    atr = np.round(bars.close * rng.choice([0.0, 0.01, 0.05, 0.5], len(bars)), 2)
    atr[: rng.integers(0, 4)] = np.nan
    return atr


def _intrabar(rng: np.random.Generator, bars: Bars) -> IntrabarData:
    counts = rng.integers(0, 4, len(bars))
    start = np.concatenate([[0], counts.cumsum()]).astype(np.int64)
    low, high = (np.repeat(prices, counts) for prices in (bars.low, bars.high))
    inside = low + (high - low) * rng.choice([0.0, 0.25, 0.5, 1.0], (2, len(low)))
    return IntrabarData(start, inside.max(axis=0), inside.min(axis=0))
