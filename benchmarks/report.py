"""What the side-by-side runs found, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import fmean

from benchmarks.engine import Bench
from benchmarks.grids import GRIDS, NAMES
from benchmarks.plan import CHOICES, ENGINES, Line
from benchmarks.product_play import PRODUCTS
from benchmarks.rounds import Score
from benchmarks.shipped import shipped
from benchmarks.tables import figure, table

_DASH = "-"


def render(benches: Sequence[Bench]) -> str:
    """Agreement first, then the figures."""
    parts = []
    for bench in benches:
        parts += [
            f"### {bench.title}",
            _agreement(bench),
            _rounded(bench),
            _met(bench),
            _times(bench),
            _kept(bench),
            shipped(bench),
            _chunks(bench),
        ]
    return "\n\n".join(part for part in parts if part)


def _agreement(bench: Bench) -> str:
    rows = []
    for engine, averages, found in bench.agreements:
        excused = "; ".join(f"{len(pairs)}: {reason}" for reason, pairs in found.excused.items()) or "none"
        worst = [f"{found.worst[column]:.1e}" for column in ("total_return", "sharpe", "max_drawdown")]
        rows.append((f"{found.sets:,}", engine, averages, f"{found.equal:,}", *worst, excused))
    head = (
        "sets",
        "vectorbt",
        "averages",
        "same trades",
        "return differs by",
        "Sharpe",
        "drawdown",
        "sets that differ, and why",
    )
    waited = {sets: pairs for sets, pairs in bench.waited.items() if pairs}
    told = ", ".join(f"{len(pairs)} of {sets:,}" for sets, pairs in waited.items()) or "no set"
    return (
        f"Agreement (volumes withheld from candlecloud, because a bar without volume fills nothing here and fills "
        f"everywhere else; with them, the results of {told} change):\n\n" + table(head, rows)
    )


def _rounded(bench: Bench) -> str:
    rows = []
    for engine in ENGINES:
        for fast, slow, bar, sign, own in sorted(bench.broken.get(engine, [])):
            moment = datetime.fromtimestamp(int(bench.series["open_time"][bar]) / 1000, UTC)
            said = {-1: "below", 0: "tie", 1: "above"}
            traded = "wrongly long" if own > max(sign, 0) else "wrongly flat" if sign > max(own, 0) else "as it should"
            rows.append((engine, f"{fast}/{slow}", f"{moment:%Y-%m-%d %H:%M}", said[sign], said[own], traded))
    if not rows:
        return ""
    shown = [row for row in rows if _in_small_grid(row[1])]
    head = ("backend", "pair", "bar (UTC)", "exact: fast average is", "vectorbt's own is", "it trades")
    return (
        f"Bars on which two exact averages tie, or on which vectorbt's have another sign: {len(rows)} over the grids "
        f"that it ran; those of the grids of 100 and 1,000:\n\n" + table(head, shown)
    )


def _in_small_grid(pair: str) -> bool:
    fast, slow = map(int, pair.split("/"))
    return any((fast, slow) in GRIDS[sets] for sets in (1, 100, 1_000))


def _met(bench: Bench) -> str:
    if not bench.met:
        return ""
    rows = [
        (
            met.setting,
            met.sets,
            met.same_trades,
            met.same_first_entry,
            f"{met.worst_return:.1e}",
            f"{met.worst_drawdown:.1e}",
        )
        for met in bench.met
    ]
    head = ("backtesting.py", "sets", "same number of trades", "same first entry", "return differs by", "drawdown")
    return table(head, rows)


def _times(bench: Bench) -> str:
    head = (
        "sets",
        "trades per set",
        "candlecloud ns",
        "ms",
        *(f"vectorbt {engine} ns" for engine in ENGINES),
        "backtesting.py ns",
        "vectorbt (faster) / candlecloud",
        "backtesting.py / candlecloud",
        "rounds",
    )
    rows = [_time_row(bench, line, scores) for line, scores in bench.lines]
    grids = "; ".join(f"{line.sets:,}: {NAMES[line.sets]}" for line, _ in bench.lines)
    return f"CPU nanoseconds per bar and set, one thread. Grids: {grids}.\n\n" + table(head, rows)


def _time_row(bench: Bench, line: Line, scores: dict[str, Score]) -> tuple[str, ...]:
    bars = len(bench.series["close"])
    all_sets = ("candlecloud", *ENGINES)
    per = {name: score.cpu_s / bars / line.sets * 1e9 for name, score in scores.items() if name in all_sets}
    if "backtesting" in scores:
        per["backtesting"] = scores["backtesting"].cpu_s / bars / len(line.backtesting) * 1e9
    ours = per["candlecloud"]
    both = [per[engine] for engine in ENGINES if engine in per]
    return (
        f"{line.sets:,}",
        figure(fmean(scores["candlecloud"].result["n_trades"])),
        figure(ours),
        figure(scores["candlecloud"].cpu_s * 1000),
        *(figure(per[engine]) if engine in per else _DASH for engine in ENGINES),
        figure(per["backtesting"]) + _sampled(line) if "backtesting" in per else _DASH,
        f"**{min(both) / ours:,.0f} x**" if both else _DASH,
        f"**{per['backtesting'] / ours:,.0f} x**" if "backtesting" in per else _DASH,
        " / ".join(f"{name} {score.rounds}" for name, score in scores.items() if name not in PRODUCTS),
    )


def _sampled(line: Line) -> str:
    return f" (from {len(line.backtesting)} sets)" if len(line.backtesting) != line.sets else ""


def _kept(bench: Bench) -> str:
    bars = len(bench.series["close"])
    rows = []
    for line, scores in bench.kept:
        (engine,) = (name for name in scores if name != "candlecloud")
        ours, theirs = (scores[name].cpu_s / bars / line.sets * 1e9 for name in ("candlecloud", engine))
        rows.append((f"{line.sets:,}", figure(ours), f"{figure(theirs)} ({engine})", f"{theirs / ours:,.0f} x"))
    return (
        "The same in processes whose C library keeps freed memory (`MALLOC_TRIM_THRESHOLD_` and "
        "`MALLOC_MMAP_THRESHOLD_` at 1 GiB), which spares both the paging in of every new array:\n\n"
        + table(("sets", "candlecloud ns", "vectorbt ns", "ratio"), rows)
    )


def _chunks(bench: Bench) -> str:
    choice = CHOICES[bench.timeframe]
    bars, sets = len(bench.series["close"]), len(choice.pairs)
    rows = [
        (
            engine,
            *(figure(bench.tries[engine, size] / bars / sets * 1e9) for size in choice.sizes),
            bench.chunks[engine],
        )
        for engine in ENGINES
    ]
    peaks = f"candlecloud {_peak(bench, ('candlecloud',)):,.0f} MB, peers {_peak(bench, ENGINES):,.0f} MB"
    return (
        f"vectorbt's chunk size, ns per bar and set over {sets} sets (tries: {choice.tries}, after compiling):\n\n"
        + table(("backend", *(f"{size} sets" for size in choice.sizes), "taken"), rows)
        + f"\n\nPeak memory of the two processes in this run, imports included: {peaks}."
    )


def _peak(bench: Bench, names: Sequence[str]) -> float:
    return max(score.peak_mb for _, scores in bench.lines for name, score in scores.items() if name in names)
