"""The vectorised engine: many parameter sets over one series in one pass, a row of statistics for each.

A row is computed from its own set only: batches, their order and the other sets in them do not move a bit of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from candlecloud.arrays import BoolArray, FloatArray, IntArray
from candlecloud.backtest.inputs import Backtest
from candlecloud.backtest.kernels.layout import SET, TERM
from candlecloud.backtest.kernels.vectorised_engine import accumulate_sets
from candlecloud.backtest.statistics import N_COLUMNS
from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars
from candlecloud.features.families.moving_average import compare_sma
from candlecloud.features.kernels.views import doubles, integers

_MAX_RATE = 0.5
_MAX_PRICE_RANGE = (
    1e9  # highest over lowest price: equity stays far above the rounding of what a purchase leaves in cash
)
_MAX_TICKS = 2**48  # closes that differ make equities that differ
_EXACT_AVERAGES = 2**51  # see the proof in candlecloud.backtest.kernels.vectorised_engine; half of what it allows
_EXACT_SUMS = 2**53
_BITS_AT_ONCE = 8 * 48_000_000

WordArray = NDArray[np.uint64]


@dataclass(frozen=True)
class PlainCosts:
    """What the vectorised engine knows of an execution: fractions of the notional per fill, and how a run ends."""

    fee_rate: float = 0.0
    slippage_rate: float = 0.0
    flatten_at_end: bool = False


def fits_vectorised_engine(bars: Bars, costs: PlainCosts) -> bool:
    """Whether this engine gives these runs exactly, if they are long with all equity or flat and nothing else is on.

    It needs rates in [0, 0.5] and prices above zero that span less than nine decades; then neither ruin nor a refused
    order can occur, and equity tells any two closes apart.
    """
    if not (0.0 <= costs.fee_rate <= _MAX_RATE and 0.0 <= costs.slippage_rate <= _MAX_RATE) or not len(bars):
        return False
    lowest = min(float(bars.open.min()), float(bars.close.min()))
    highest = max(float(bars.open.max()), float(bars.close.max()))
    return lowest > 0.0 and highest <= lowest * _MAX_PRICE_RANGE and int(bars.close_ticks.max()) < _MAX_TICKS


def statistics_of_pairs(backtest: Backtest, fast: IntArray, slow: IntArray, costs: PlainCosts) -> FloatArray:
    """Trade pairs of moving averages: long while SMA(fast) of the closes lies above SMA(slow), else flat.

    Parameters
    ----------
    backtest : Backtest
        Long, without funding. See `fits_vectorised_engine`.
    fast, slow : IntArray, length P
        Windows in bars, ``1 <= fast <= slow``.

    Returns
    -------
    FloatArray, shape (P, columns)
        Columns as in `candlecloud.backtest.statistics`.

    Raises
    ------
    InvalidParameterError
        If a window is out of range or the runs do not fit this engine.
    """
    if len(fast) != len(slow) or (len(fast) and not (fast.min() >= 1 and (fast <= slow).all())):
        raise InvalidParameterError(
            "Windows need 1 <= fast <= slow, one of each per set.",
            hint="Leave out the sets whose fast window is the longer one.",
            fields=["fast", "slow"],
        )
    run, bars = _Run(backtest, costs), backtest.bars
    if not _averages_are_exact(bars, fast, slow):
        signals = (compare_sma(bars.close_tick_sums, int(f), int(s)) > 0 for f, s in zip(fast, slow, strict=True))
        return statistics_of_signals(backtest, signals, costs)
    windows, rows = np.unique(np.concatenate([fast, slow]).astype(np.int64), return_inverse=True)
    rows = rows.astype(np.int64)
    return run.rows(len(fast), windows, rows[: len(fast)].copy(), rows[len(fast) :].copy(), _NO_WORDS)


def statistics_of_signals(backtest: Backtest, signals: Iterable[BoolArray], costs: PlainCosts) -> FloatArray:
    """Trade given signals: long from the next open that trades while an entry is true, else flat.

    Parameters
    ----------
    signals : iterable of BoolArray, each of the bars' length
        One per set, wanted after the close of each bar. A generator is read in batches, so that signals take a bit per
        bar and set, and never more than 48 MB.

    Returns
    -------
    FloatArray, shape (sets, columns)
        Columns as in `candlecloud.backtest.statistics`.

    Raises
    ------
    InvalidParameterError
        If a signal has another length than the bars, or the runs do not fit this engine.
    """
    run = _Run(backtest, costs)
    words = (_pack(_shifted(signal, backtest)) for signal in signals)
    at_once = max(1, _BITS_AT_ONCE // (64 * run.n_words))
    rows = (
        run.rows(len(block) // run.n_words, _NO_ROWS, _NO_ROWS, _NO_ROWS, block) for block in _blocks(words, at_once)
    )
    return np.concatenate([np.zeros((0, N_COLUMNS)), *rows])


def statistics_of_words(backtest: Backtest, words: WordArray, costs: PlainCosts) -> FloatArray:
    """Trade given signals, as `statistics_of_signals` does, from a bit per bar.

    Parameters
    ----------
    words : uint64, sets x words
        Bit j: long is wanted at the open of bar ``start_bar + j``; 64 bars to a word, the lowest bit first.

    Raises
    ------
    InvalidParameterError
        If there are fewer words than bars ask for, or the runs do not fit this engine.
    """
    run = _Run(backtest, costs)
    if words.shape[1] != run.n_words:
        raise InvalidParameterError("A signal needs one bit per bar.", words=run.n_words, given=words.shape[1])
    return run.rows(len(words), _NO_ROWS, _NO_ROWS, _NO_ROWS, np.ascontiguousarray(words).reshape(-1))


class _Run:
    """What all sets have in common, in the form that the kernel reads."""

    def __init__(self, backtest: Backtest, costs: PlainCosts) -> None:
        bars, start_bar = backtest.bars, backtest.start_bar
        if backtest.direction != "long" or backtest.funding is not None or not fits_vectorised_engine(bars, costs):
            raise InvalidParameterError(
                "The vectorised engine takes long runs without funding, rates in [0, 0.5], and prices above zero.",
                hint="Ask fits_vectorised_engine first, and simulate what does not fit bar by bar.",
                bars=len(bars),
            )
        self._backtest, self._costs = backtest, costs
        trades = bars.volume[start_bar:] != 0.0
        self._trading = _pack(trades)
        self.n_words = len(self._trading)
        self._flatten = int(costs.flatten_at_end and bool(trades[-1]))
        self._sums = (bars.close_tick_sums - bars.close_tick_sums[0]).astype(np.float64)

    def rows(self, n_sets: int, windows: IntArray, fast: IntArray, slow: IntArray, signals: WordArray) -> FloatArray:
        """One row per set, from rows of averages or, without windows, from signal words."""
        statistics = np.zeros((n_sets, N_COLUMNS))
        if not n_sets:
            return statistics
        accumulate_sets(
            integers(np.stack([self._backtest.bars.open_time, self._backtest.bars.close_time], axis=1).reshape(-1)),
            doubles(self._backtest.bars.open),
            doubles(self._backtest.bars.close),
            doubles(self._sums),
            self._trading.data,
            signals.data,
            integers(fast),
            integers(slow),
            integers(windows),
            self._costs.fee_rate,
            self._costs.slippage_rate,
            float(self._backtest.initial_equity),
            self._backtest.start_bar,
            self._flatten,
            doubles(np.zeros(len(windows) * 512)),
            doubles(np.zeros(513 * TERM.width)),
            doubles(np.zeros(10 * 512)),
            doubles(np.zeros(10 * 512)),
            integers(_LEVELS),
            np.zeros(64 * 8, np.uint64).data,
            integers(np.zeros(65, np.int64)),
            integers(np.zeros(64 * 512 + 2, np.int64)),
            np.zeros(n_sets, np.uint64).data,
            np.zeros(n_sets, np.uint64).data,
            doubles(np.zeros(n_sets * SET.width)),
            doubles(statistics.reshape(-1)),
        )
        return statistics


_NO_ROWS = np.zeros(0, np.int64)
_NO_WORDS = np.zeros(0, np.uint64)
_LEVELS = np.array([max(n, 1).bit_length() - 1 for n in range(513)], np.int64)


def _averages_are_exact(bars: Bars, fast: IntArray, slow: IntArray) -> bool:
    """Whether ``sum / window`` as a float keeps order and ties of these averages, and running sums are exact."""
    largest = int(bars.close_ticks.max())
    product = int((fast * slow).max(initial=0))
    return largest * product < _EXACT_AVERAGES and largest * len(bars) < _EXACT_SUMS


def _shifted(signal: BoolArray, backtest: Backtest) -> BoolArray:
    """What each close before the bars from the first one on wants; before the very first bar nothing is wanted."""
    start_bar, n_bars = backtest.start_bar, len(backtest.bars)
    if len(signal) != n_bars:
        raise InvalidParameterError("A signal needs one entry per bar.", bars=n_bars, entries=len(signal))
    return signal[start_bar - 1 : -1] if start_bar else np.concatenate([[False], signal[:-1]])


def _pack(bits: BoolArray) -> WordArray:
    """64 bits to a word, the lowest first; the last word is filled up with zeros."""
    octets = np.zeros((len(bits) + 63) // 64 * 8, np.uint8)
    packed = np.packbits(bits, bitorder="little")
    octets[: len(packed)] = packed
    return octets.view("<u8").astype(np.uint64)


def _blocks(words: Iterator[WordArray], at_once: int) -> Iterator[WordArray]:
    """Join the words of up to `at_once` sets."""
    while block := list(islice(words, at_once)):
        yield np.concatenate(block)
