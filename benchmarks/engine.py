"""The sweep side by side: candlecloud, vectorbt (both backends, best chunk size), backtesting.py; one thread, CPU time.

Dual SMA, long or flat, decided at a close and filled at the next open, 10 bps fee and 2 bps slippage per side, all-in.
Five numbers per set: total return, Sharpe ratio, maximum drawdown, trades, win rate. Arrays in, numbers out: every
preparation is inside the time. Results are compared before any figure is printed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.agreement import Agreement, compare
from benchmarks.environment import say
from benchmarks.grids import GRIDS, Pairs
from benchmarks.meeting import Met, meet_backtesting
from benchmarks.plan import CHOICES, COSTS, ENGINES, LINES_KEPT, PLANS, Line
from benchmarks.product_play import Played, check_figures, players_of
from benchmarks.protocol import MEMORY_KEPT, ONE_THREAD, Answer, Worker
from benchmarks.rounds import Player, Score, alternate
from benchmarks.series import Series, describe, read_series

ROUNDED = "its averages are not exact: a tie, or a bar on which they round to the wrong side"


@dataclass
class Bench:
    """Two workers that hold the same series, and what has been found out on it.

    Attributes
    ----------
    chunks
        vectorbt backend to its best chunk size.
    tries
        (backend, chunk size) to CPU seconds, over the sets that chose it.
    broken
        Backend to the bars on which averages tie or its own have another sign: fast, slow, bar, exact sign, own sign.
    agreements
        Backend, whose averages, what the comparison found.
    waited
        Number of sets to those that a bar without volume makes wait; every other engine here fills on it.
    products
        Number of sets to what ``POST /sweeps`` evaluated of them.
    kept
        Lines again, in processes that keep the memory they free.
    """

    timeframe: str
    series: Series
    ours: Worker
    peers: Worker
    chunks: dict[str, int] = field(default_factory=dict)
    tries: dict[tuple[str, int], float] = field(default_factory=dict)
    broken: dict[str, list[list[int]]] = field(default_factory=dict)
    waited: dict[int, Pairs] = field(default_factory=dict)
    lines: list[tuple[Line, dict[str, Score]]] = field(default_factory=list)
    agreements: list[tuple[str, str, Agreement]] = field(default_factory=list)
    met: list[Met] = field(default_factory=list)
    kept: list[tuple[Line, dict[str, Score]]] = field(default_factory=list)
    products: dict[int, Played] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return describe(self.series, self.timeframe)

    def faster(self) -> str:
        """Backend that won the newest line of 100 sets or more that had both; before one, the choice of chunk sizes."""
        both = [scores for line, scores in self.lines if line.sets >= 100 and set(ENGINES) <= set(scores)]
        times = both[-1] if both else None
        if times:
            return min(ENGINES, key=lambda engine: times[engine].cpu_s)
        return min(self.tries, key=lambda tried: self.tries[tried])[0]


def run(timeframe: str, folder: Path, peers_python: Path) -> Bench:
    """Measure and compare one series.

    Raises
    ------
    DisagreementError
        If results differ where nothing listed explains it.
    """
    series = read_series(timeframe, folder)
    with (
        tempfile.TemporaryDirectory() as scratch,
        ExitStack() as open_workers,
    ):
        stored = Path(scratch) / "series.npz"
        np.savez(stored, **series)
        ours, peers = _start(open_workers, stored, peers_python, ONE_THREAD)
        bench = Bench(timeframe, series, ours, peers)
        say(f"{bench.title}; choosing vectorbt's chunk size, compiling its kernels ...")
        _choose_chunks(bench)
        for line in PLANS[timeframe]:
            _time_line(bench, line)
        if timeframe == "1h":
            bench.met = meet_backtesting(ours, peers)
        kept = replace(bench, lines=[*bench.lines])
        kept.ours, kept.peers = _start(open_workers, stored, peers_python, MEMORY_KEPT)
        for line in LINES_KEPT[timeframe]:
            bench.kept.append((line, _play(kept, line)))
        return bench


def _start(
    opened: ExitStack, stored: Path, peers_python: Path, environment: Mapping[str, str]
) -> tuple[Worker, Worker]:
    ours = opened.enter_context(Worker("candlecloud", Path(sys.executable), "benchmarks.worker", environment))
    peers = opened.enter_context(Worker("peers", peers_python, "benchmarks.peers.worker", environment))
    ours.load(stored)
    peers.load(stored)
    return ours, peers


def _choose_chunks(bench: Bench) -> None:
    choice = CHOICES[bench.timeframe]
    for engine in ENGINES:
        bench.peers.ask("vectorbt", engine=engine, chunk=25, pairs=choice.pairs[:2], **COSTS)  # compiles
        for size in choice.sizes:
            answer = bench.peers.ask("vectorbt", choice.tries, engine=engine, chunk=size, pairs=choice.pairs, **COSTS)
            bench.tries[engine, size] = answer.cpu_s
        bench.chunks[engine] = min((bench.tries[engine, size], size) for size in choice.sizes)[1]


def _time_line(bench: Bench, line: Line) -> None:
    """Play the rounds, compare what came out."""
    scores = _play(bench, line)
    bench.lines.append((line, scores))
    if line.product:
        bench.products[line.sets] = check_figures(bench.ours, line)
    for engine in ENGINES:
        if engine in scores:
            _compare_line(bench, line, engine, scores)


def _play(bench: Bench, line: Line) -> dict[str, Score]:
    """Warm up, then the rounds."""
    pairs = GRIDS[line.sets]
    engines = _engines(bench, line)
    ours = partial(bench.ours.ask, "candlecloud", repeat=line.repeat, pairs=pairs, **COSTS)
    players = [Player("candlecloud", ours, max(line.rounds, 3))]
    players += [
        Player(engine, partial(_vectorbt, bench, engine, line.peer_repeat, pairs), line.rounds) for engine in engines
    ]
    if line.backtesting:
        turn = partial(bench.peers.ask, "backtesting", pairs=line.backtesting, **COSTS)
        players.append(Player("backtesting", turn, min(line.rounds, 3)))
    if line.product:
        players += players_of(bench.ours, line)
    say(f"{bench.timeframe}, {line.sets:,} sets: " + ", ".join(f"{p.name} x {p.rounds}" for p in players))
    bench.ours.ask("candlecloud", pairs=pairs, **COSTS)
    for engine in engines:
        _vectorbt(bench, engine, 1, pairs[: bench.chunks[engine]])
    return alternate(players)


def _engines(bench: Bench, line: Line) -> list[str]:
    if not line.vectorbt:
        return []
    return [bench.faster()] if line.best_only else list(ENGINES)


def _vectorbt(bench: Bench, engine: str, repeat: int, pairs: Pairs) -> Answer:
    """A thousand sets a call; between calls, outside the time, its portfolios are collected, or they fill gigabytes."""
    answers = [
        bench.peers.ask(
            "vectorbt", repeat, engine=engine, chunk=bench.chunks[engine], pairs=pairs[k : k + 1_000], **COSTS
        )
        for k in range(0, len(pairs), 1_000)
    ]
    names = answers[0].result
    joined = {name: [value for answer in answers for value in answer.result[name]] for name in names}
    return Answer(sum(answer.cpu_s for answer in answers), answers[-1].peak_mb, joined)


def _compare_line(bench: Bench, line: Line, engine: str, scores: Mapping[str, Score]) -> None:
    """With its own averages, as timed; then, up to 1,000 sets, with exact ones, which nothing excuses but volume."""
    pairs, title = GRIDS[line.sets], f"{bench.timeframe}, vectorbt {engine}"
    broken = bench.peers.ask("vectorbt_ties", engine=engine, pairs=pairs).result
    bench.broken[engine] = bench.broken.get(engine, []) + [b for b in broken if b not in bench.broken.get(engine, [])]
    rounded: Collection[tuple[int, int]] = {(fast, slow) for fast, slow, _, sign, own in broken if sign != own}
    aware = scores["candlecloud"].result
    unaware = bench.ours.ask("candlecloud", pairs=pairs, volume=False, **COSTS).result
    moved = zip(pairs, aware["total_return"], unaware["total_return"], strict=True)
    bench.waited[line.sets] = [pair for pair, with_volume, without in moved if with_volume != without]
    own = compare(title, pairs, unaware, scores[engine].result, {ROUNDED: rounded})
    bench.agreements.append((engine, "its own", own))
    if line.sets <= 1_000 and not (bench.timeframe == "1m" and line.sets > 100):
        chunk = bench.chunks[engine]
        exact = bench.peers.ask("vectorbt", engine=engine, chunk=chunk, pairs=pairs, exact=True, **COSTS).result
        bench.agreements.append((engine, "exact", compare(title, pairs, unaware, exact)))
