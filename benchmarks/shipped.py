"""The table of what ships: the kernel, what ``POST /sweeps`` evaluates, and vectorbt, in one run."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.engine import Bench
from benchmarks.plan import ENGINES, Line
from benchmarks.product_play import PRODUCTS
from benchmarks.rounds import Score
from benchmarks.tables import figure, table

_OFF, _ON = PRODUCTS
_HEAD = (
    "sets",
    "bars",
    "bars of the sweep",
    "batches",
    "(a) kernel",
    "(b) POST /sweeps, test off",
    "(c) POST /sweeps, test on",
    "(d) vectorbt, faster backend",
    "d / a",
    "d / b",
    "d / c",
    "check of candles",
    "stored",
    "rounds of a, b, c, d",
)


def shipped(bench: Bench) -> str:
    """CPU nanoseconds per bar and set, each by its own number of bars, and the ratios; nothing if none was timed."""
    rows = []
    theirs = None
    for line, scores in bench.lines:
        played = _fastest(bench, line, scores)
        theirs = played or theirs
        if line.product and theirs:
            rows.append(_row(bench, line, scores, theirs, stands_in=played is None))
    return f"{_caption()}\n\n{table(_HEAD, rows)}" if rows else ""


def _caption() -> str:
    return (
        "What ships. (a) is what the table of times above calls candlecloud, the kernel's path: arrays in, five "
        "numbers out. (b) and (c) are what `POST /sweeps` evaluates: `evaluate_batch` and `write_batch` over all "
        "batches of the product's own cut, from the table of candles in memory to Parquet bytes ready to store; "
        "every figure of every set, buy and hold, coverage; (c) with the look-ahead test. Nanoseconds per bar and "
        "set (milliseconds in all); each engine by its own bars: a sweep holds all candles too, but its run begins "
        "after the longest warm-up, so its bars are fewer. All figures of (b) and (c) equal those of the kernel "
        "over the same bars bit for bit, or this table is not printed. The check of candles is what the job does "
        "besides, once per batch: it hashes them."
    )


def _fastest(bench: Bench, line: Line, scores: Mapping[str, Score]) -> tuple[Line, str, float, int] | None:
    """The line, its faster backend, nanoseconds per bar and set, and rounds; None where vectorbt sat out."""
    timed = {engine: scores[engine] for engine in ENGINES if engine in scores}
    if not timed:
        return None
    engine = min(timed, key=lambda name: timed[name].cpu_s)
    bars = len(bench.series["close"])
    return line, engine, timed[engine].cpu_s / bars / line.sets * 1e9, timed[engine].rounds


def _row(
    bench: Bench,
    line: Line,
    scores: Mapping[str, Score],
    theirs: tuple[Line, str, float, int],
    *,
    stands_in: bool,
) -> tuple[str, ...]:
    bars, played = len(bench.series["close"]), bench.products[line.sets]
    timed, engine, peer, rounds = theirs
    counted = {"candlecloud": bars, _OFF: played.bars, _ON: played.bars}
    per = {name: scores[name].cpu_s / own / line.sets * 1e9 for name, own in counted.items()}
    mark = f", its time per set at {timed.sets:,}" if stands_in else ""
    peer_rounds = "-" if stands_in else str(rounds)
    return (
        f"{line.sets:,}",
        f"{bars:,}",
        f"{played.bars:,} after {played.warmup_bars:,}",
        str(played.batches),
        *(f"{figure(per[name])} ({figure(scores[name].cpu_s * 1000)} ms)" for name in counted),
        f"{figure(peer)} ({engine}{mark})",
        *(
            f"**{peer / own:,.0f} x**{' (from ' + format(timed.sets, ',') + ')' if stands_in else ''}"
            for own in per.values()
        ),
        f"{figure(played.revision_s * 1000)} ms",
        f"{figure(played.bytes / 1e6)} MB",
        " / ".join([*(str(scores[name].rounds) for name in counted), peer_rounds]),
    )
