"""What the look-ahead test finds, what it is silent on, and what it costs.

Each planted leak is tested alone, once per seed, as in a run of three years of real hours; the leaks of the whole
series also as in a run of 1,500 hours. Exits with an error if a leak that is not rare escapes one seed, if a leak of
one bar in 500 or in 2,000 is caught by less than half of the seeds, or if a causal signal is accused.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from candlecloud.errors import LookAheadError
from candlecloud.features.bars import Bars, bars_from_table
from candlecloud.features.families import FEATURES
from candlecloud.spec import FeatureUse
from candlecloud.strategies.look_ahead import SignalUnderTest, check_look_ahead
from candlecloud.strategies.look_ahead.features import features_under_test
from candlecloud.strategies.look_ahead.garbage import at_other_times, joined, part
from tests.support.look_ahead_clean import CLEAN
from tests.support.look_ahead_leaks import LEAKS, PLANTED, Signal, rare_leaks
from tests.support.recorded import btc_hours, btc_minutes

SEEDS = 40


def main() -> int:
    hours = bars_from_table(btc_hours())
    short = part(hours, 0, 1_500)
    plain = {name: _as_is(signal) for name, signal in LEAKS.items()}
    print(f"Caught of {SEEDS} seeds, one run each; CPU ms\n\n| leak | bars | caught | ms |\n|---|---:|---:|---:|")
    failed = _escapes(plain, short, SEEDS) + _escapes(plain, hours, SEEDS) + _escapes(PLANTED, hours, SEEDS)
    failed += _escapes(rare_leaks(100), hours, SEEDS)
    for every in (500, 2_000, 10_000):
        failed += _escapes(rare_leaks(every), hours, SEEDS // 2 if every <= 2_000 else 0)
    print(f"\nCausal signals accused, of {SEEDS} seeds\n\n| signal | accused | ms |\n|---|---:|---:|")
    failed += sum(_accused(name, signal, hours) > 0 for name, signal in CLEAN.items())
    print(
        "\n66 outputs of 44 features, real minutes laid end to end; CPU s of a run's test\n\n| bars | s |\n|---:|---:|"
    )
    for count in (25_000, 129_600, 525_600):
        print(f"| {count:,} | {_cost_of_66_outputs(count):.2f} |", flush=True)
    print(f"\nLeaks that escaped too often, causal signals accused: {failed}")
    return int(failed > 0)


def caught(plant: Callable[[Bars], Signal], bars: Bars, seed: int) -> bool:
    """Whether the test of one run accuses a signal."""
    signal = SignalUnderTest("signal", plant(bars))
    try:
        check_look_ahead(bars, [signal], rng=np.random.default_rng(seed))
    except LookAheadError:
        return True
    return False


def outputs_66() -> list[FeatureUse]:
    """Every output of every feature; again with windows twice as long; and eight with windows of three times."""
    uses = [FeatureUse(feature, {}, output=output) for feature in FEATURES.values() for output in feature.outputs]
    twice = [_longer(use, 2) for use in uses if use.feature.parameters]
    thrice = [_longer(use, 3) for use in uses if use.feature.name in ("donchian", "bollinger", "sma", "ema")]
    return [*uses, *twice, *thrice]


def _longer(use: FeatureUse, times: int) -> FeatureUse:
    windows = {"window", "fast", "slow", "lookback"}
    return replace(use, parameters={p.name: p.default * times for p in use.feature.parameters if p.name in windows})


def _as_is(signal: Signal) -> Callable[[Bars], Signal]:
    return lambda _: signal


def _escapes(leaks: Mapping[str, Callable[[Bars], Signal]], bars: Bars, needed: int) -> int:
    """How many leaks fewer seeds catch than must; prints all."""
    failed = 0
    for name, plant in leaks.items():
        began = time.process_time()
        count = sum(caught(plant, bars, seed) for seed in range(SEEDS))
        spent = (time.process_time() - began) / SEEDS * 1e3
        failed += count < needed
        print(f"| {name} | {len(bars):,} | {count} | {spent:.1f} |", flush=True)
    return failed


def _accused(name: str, signal: Signal, bars: Bars) -> int:
    began = time.process_time()
    count = sum(caught(_as_is(signal), bars, seed) for seed in range(SEEDS))
    print(f"| {name} | {count} | {(time.process_time() - began) / SEEDS * 1e3:.1f} |", flush=True)
    return count


def _cost_of_66_outputs(count: int) -> float:
    minutes = bars_from_table(btc_minutes())
    span = int(minutes.close_time[-1] - minutes.open_time[0])
    bars = minutes
    while len(bars) < count:
        bars = joined(bars, at_other_times(minutes, span * (len(bars) // len(minutes))))
    bars, uses = part(bars, 0, count), outputs_66()
    signals = list(features_under_test(uses).values())
    assert (len(uses), len(signals)) == (66, 44)
    warmup_bars = max(use.warmup_bars(60_000) for use in uses)
    began = time.process_time()
    check_look_ahead(bars, signals, rng=np.random.default_rng(1), warmup_bars=warmup_bars)
    return time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
