"""Every strategy side by side: what ``POST /sweeps`` evaluates and vectorbt, one thread, CPU time, results compared.

From candles in memory to Parquet bytes on our side, from the same arrays to five numbers per set on vectorbt's.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.agreement import TOLERANCE, Agreement, compare
from benchmarks.environment import say
from benchmarks.plan import COSTS, ENGINES
from benchmarks.protocol import Answer, Worker
from benchmarks.rounds import Player, Score, alternate
from benchmarks.series import describe, read_series
from benchmarks.strategy_cases import CASES, Case
from benchmarks.strategy_report import render

CHUNKS = {"numba": 25, "rust": 10}
"""Sets per matrix of vectorbt: the best sizes of the table of `sweep`."""
_OFF, _ON = "off", "on"


@dataclass(frozen=True)
class Plan:
    """How many sets vectorbt trades, how many rounds it and we play, and how many calls of ours make one."""

    peer_sets: int
    peer_rounds: int
    rounds: int
    repeat: int


PLANS: Mapping[str, Plan] = {"1h": Plan(40, 3, 3, 3), "1m": Plan(10, 1, 3, 1)}


@dataclass(frozen=True)
class Measured:
    """What was found of one case.

    Attributes
    ----------
    off, on : float
        Our nanoseconds per bar and set, without and with the look-ahead test.
    peers : Mapping
        vectorbt's backend to its nanoseconds per bar and set.
    indicators : Mapping
        vectorbt's backend to the part of its time that its indicators take.
    given : Agreement
        vectorbt's results given our positions, beside ours.
    own : int
        Sets that have our trades and returns by vectorbt's own indicators too.
    stages : Mapping
        Stage to our nanoseconds per bar and set; empty if not asked for.
    """

    case: Case
    sets: int
    bars: int
    batches: int
    peer_sets: int
    off: float
    on: float
    peers: Mapping[str, float]
    indicators: Mapping[str, float]
    trades: float
    given: Agreement
    own: int
    stages: Mapping[str, float]

    @property
    def faster(self) -> str:
        """vectorbt's better backend."""
        return min(self.peers, key=lambda engine: self.peers[engine])


def tables(folder: Path, python: Path, cases: Sequence[Case] = CASES, timeframes: Sequence[str] = tuple(PLANS)) -> str:
    """Measure all cases on both series.

    Parameters
    ----------
    folder : Path
        With the files of the series.
    python : Path
        The peers' interpreter.

    Raises
    ------
    DisagreementError
        If vectorbt, given our positions, has other results.
    """
    parts = []
    for timeframe in timeframes:
        series = read_series(timeframe, folder)
        with tempfile.TemporaryDirectory() as scratch, ExitStack() as opened:
            stored = Path(scratch) / "series.npz"
            np.savez(stored, **series)
            ours = opened.enter_context(Worker("candlecloud", Path(sys.executable), "benchmarks.worker"))
            peers = opened.enter_context(Worker("peers", python, "benchmarks.peers.worker"))
            for worker in (ours, peers):
                worker.load(stored)
            found = [_measure(ours, peers, timeframe, case, Path(scratch)) for case in cases]
        parts.append(render(describe(series, timeframe), found))
    return "\n\n".join(parts)


def _measure(ours: Worker, peers: Worker, timeframe: str, case: Case, scratch: Path) -> Measured:
    plan = PLANS[timeframe]
    prepared = ours.ask("strategy_prepare", request=case.request(timeframe)).result
    sets, bars = prepared["sets"], prepared["bars"]
    chosen = np.unique(np.linspace(0, sets - 1, min(sets, plan.peer_sets)).astype(int)).tolist()
    asked = {"first": prepared["first"], "stop_loss": case.stop_loss, **COSTS}
    scores = _play(ours, peers, case, plan, chosen, asked)
    figures = ours.ask("strategy_figures", chosen=chosen).result
    given = _compare_given(ours, peers, f"{timeframe}, {case.name}", scratch, chosen, figures, asked)
    times = {engine: scores[engine].cpu_s / bars * 1e9 for engine in ENGINES}
    stages = _stages(ours, plan.repeat) if case.stages else {}
    measured = Measured(
        case,
        sets,
        bars,
        prepared["batches"],
        len(chosen),
        scores[_OFF].cpu_s / bars / sets * 1e9,
        scores[_ON].cpu_s / bars / sets * 1e9,
        times,
        {engine: scores[engine].result["indicators_s"] / sets / scores[engine].cpu_s for engine in ENGINES},
        float(np.mean(figures["n_trades"])),
        given,
        _same(figures, scores[min(times, key=lambda engine: times[engine])].result),
        {name: seconds / bars / sets * 1e9 for name, seconds in stages.items()},
    )
    say(f"{timeframe}, {case.name}: {measured.off:.2f} / {measured.on:.2f} ns, vectorbt {times}, own {measured.own}")
    return measured


def _play(
    ours: Worker, peers: Worker, case: Case, plan: Plan, chosen: Sequence[int], asked: Mapping[str, Any]
) -> dict[str, Score]:
    """Warm up, then rounds: ours without and with the look-ahead test, all sets; vectorbt's backends, per set."""
    shared = {"strategy": case.strategy, "direction": case.direction, **asked}
    columns = ours.ask("strategy_parameters").result
    players = []
    for name in (_OFF, _ON):
        turn = partial(ours.ask, "strategy", look_ahead_test=name == _ON)
        turn()
        players.append(Player(name, partial(turn, repeat=plan.repeat if name == _OFF else 1), plan.rounds))
    for engine in ENGINES:
        turn = partial(
            peers.ask, "vectorbt_strategy", engine=engine, chunk=CHUNKS[engine], parameters=columns, **shared
        )
        turn(chosen=chosen[:2])  # compiles
        players.append(Player(engine, partial(_per_set, turn, columns, chosen), plan.peer_rounds))
    return alternate(players)


def _per_set(turn: Callable[..., Answer], columns: Mapping[str, Sequence[float]], chosen: Sequence[int]) -> Answer:
    """CPU seconds of one set: its part of the whole grid's indicators, and of the sets that were traded."""
    answer = turn(chosen=chosen)
    sets, indicators = len(next(iter(columns.values()))), answer.result["indicators_s"]
    return replace(answer, cpu_s=indicators / sets + (answer.cpu_s - indicators) / len(chosen))


def _compare_given(
    ours: Worker,
    peers: Worker,
    title: str,
    scratch: Path,
    chosen: Sequence[int],
    figures: Mapping[str, Any],
    asked: Mapping[str, Any],
) -> Agreement:
    """vectorbt's accounts of the positions that we want, one set at a time in memory."""
    file = str(scratch / "wanted.npy")
    ours.ask("strategy_wanted", chosen=chosen, file=file)
    theirs = peers.ask("vectorbt_given", engine="numba", file=file, **asked).result
    return compare(title, [(k, k) for k in chosen], figures, theirs)


def _same(figures: Mapping[str, Any], theirs: Mapping[str, Any]) -> int:
    """Sets with the same number of trades and the same return."""
    trades = np.array(figures["n_trades"]) == np.array(theirs["n_trades"])
    gap = np.abs(np.array(figures["total_return"]) - np.array(theirs["total_return"]))
    return int((trades & (gap <= TOLERANCE)).sum())


def _stages(ours: Worker, rounds: int) -> dict[str, float]:
    """Medians."""
    found = [ours.ask("strategy_stages").result for _ in range(rounds)]
    return {name: float(np.median([stages[name] for stages in found])) for name in found[0]}
