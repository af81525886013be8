"""The demo's report: one HTML file from API answers, in the tear sheet's look; each run's own page lies beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from candlecloud.pages.kit.formats import count, decimal, moment, percent
from candlecloud.pages.kit.markup import Markup, join, tag
from candlecloud.pages.kit.names import label, written
from candlecloud.pages.kit.style import style_sheet
from candlecloud.pages.kit.tables import body, definitions, note, row, section, table
from infra.demo.findings import CAUSES, Findings, RunPart, SweepPart
from infra.demo.heat_map import HEAT_MAP_STYLE, HeatMap, draw_heat_map

TEAR_SHEETS = "tear-sheets"
"""Folder of the runs' pages, beside the report."""
_COMPARED = ("total_return", "sharpe", "max_drawdown", "exposure", "n_trades", "win_rate")
_STYLE = (
    ".tiles{grid-template-columns:repeat(3,1fr)}.tiles .beside{line-height:1.35}a{color:var(--accent)}"
    "@media (max-width:640px){.tiles{grid-template-columns:1fr 1fr}}"
)


def write_report(findings: Findings) -> str:
    """Write the page: well-formed, no script, nothing loaded from anywhere."""
    sections = (
        _opening(findings),
        _runs(findings.runs),
        _band(next(run for run in findings.runs if run.intrabar.ambiguous_exits)),
        _rules(next(run for run in findings.runs if run.result.config.rules)),
        _sweep(findings.sweep),
        _data(findings),
        _gaps(findings),
        _identity(findings),
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", "candlecloud demo report"),
        tag("link", rel="icon", href="data:,"),
        tag("style", Markup(style_sheet() + HEAT_MAP_STYLE + _STYLE)),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', tag('main', *sections)), lang='en')}\n"


def span(milliseconds: int) -> str:
    """Length of time in its largest whole unit."""
    left = timedelta(milliseconds=milliseconds)
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if left % size == timedelta(0) and left >= size:
            length = left // size
            return f"{length} {unit}{'' if length == 1 else 's'}"
    return f"{milliseconds} ms"


def _opening(findings: Findings) -> Markup:
    sweep = findings.sweep
    stored = sum(item["rows"] for item in findings.series)
    missing = sum(report["missing"] for report in findings.coverage)
    explained = sum(gap["missing_candles"] for gap in findings.gaps if gap["state"] == "explained")
    first = min(item["first_open_time"] for item in findings.series)
    last = max(item["last_open_time"] for item in findings.series)
    held = sweep.answer["benchmark"]["metrics"]["sharpe"]
    better = sum(row["metrics"]["sharpe"] > held for row in sweep.by_sharpe())
    cuts = sum(len(run.result.look_ahead_test.cuts) for run in findings.runs)
    caught = sum(not run.result.look_ahead_test.passed for run in findings.runs)
    tiles = (
        ("Candles stored", f"{stored:,}", f"from {findings.requests:,} requests to the replayed exchange"),
        ("Candles missing", f"{missing}", f"{explained} of them explained with evidence"),
        ("Parameter sets", f"{len(sweep.rows):,}", f"in {sweep.seconds:.1f} s, from request to stored result"),
        ("Better than holding", f"{better:,}", "of these sets, by Sharpe ratio, with hindsight"),
        ("Runs that saw the future", f"{caught}", f"of {len(findings.runs)}, tested at {cuts} cuts"),
        ("All of it", f"{sum(step.seconds for step in findings.steps):.0f} s", "on this machine"),
    )
    cells = (
        tag("div", tag("dt", name), tag("dd", value, class_="value"), tag("dd", words, class_="beside"))
        for name, value, words in tiles
    )
    return tag(
        "header",
        tag("p", "candlecloud, demo report", class_="kind"),
        tag("h1", "From recorded candles to backtests and a sweep"),
        note(
            f"Real Binance candles of {first[:10]} to {last[:10]}, replayed on this machine through the platform's own "
            "path: ingest functions, Parquet in an object store, gap detection, the HTTP API, and the state machine "
            "that fans a sweep out.",
            kind="verdict",
        ),
        tag("dl", *cells, class_="tiles"),
    )


def _runs(runs: Iterable[RunPart]) -> Markup:
    lines = []
    for run in runs:
        link = tag("a", run.title, href=f"{TEAR_SHEETS}/{run.name}.html")
        lines.append(row(link, *(written(name, getattr(run.metrics, name)) for name in _COMPARED)))
        held = (written(name, getattr(run.held, name)) for name in _COMPARED)
        lines.append(row("buy and hold", *held))
    return section(
        "runs",
        "Three runs, each beside buying and holding",
        note("A name leads to its tear sheet: curves, months, trades, regimes, assumptions, identity."),
        table("Costs are on: 10 bps fee, 2 bps slippage", ["Run", *map(label, _COMPARED)], [body(*lines)]),
    )


def _band(run: RunPart) -> Markup:
    band, stops = run.intrabar, run.result.config.stops
    names = ("total_return", "sharpe", "max_drawdown", "win_rate")
    lines = (
        row(label(name), *(written(name, getattr(side, name)) for side in (band.pessimistic, band.optimistic)))
        for name in names
    )
    finer = ""
    if band.finer_timeframe:
        finer = (
            f" {band.finer_bars:,} of the {run.result.data.bars:,} hours have {band.finer_timeframe} "
            "candles, which decided there."
        )
    return section(
        "band",
        "What one bar cannot tell",
        note(
            f"{run.title} trades both sides, sized by volatility, with a stop {percent(stops.stop_loss)} and a "
            f"target {percent(stops.take_profit)} from the entry. {band.ambiguous_exits} of its "
            f"{run.metrics.n_trades:,} exits lie in an hour that touched both, and the hour does not say which came "
            f"first.{finer} For the others the stop counts, and the run with the target first stands beside it."
        ),
        table("The same run, both ways", ["Metric", "Stop first (counts)", "Target first"], [body(*lines)], "narrow"),
    )


def _rules(run: RunPart) -> Markup:
    rules = json.dumps({name: part for name, part in (run.result.config.rules or {}).items() if part}, indent=2)
    return section(
        "rules",
        "A strategy without code",
        note(
            f"{run.title}: features, entries and exits are data that the API checks, and a mistake is answered with "
            "its place. The rules may trade both sides; this run is long only."
        ),
        tag("details", tag("summary", "The rules as they were kept"), tag("pre", rules)),
    )


def _sweep(sweep: SweepPart) -> Markup:
    config, ranked = sweep.answer["config"], sweep.by_sharpe()
    held = sweep.answer["benchmark"]["metrics"]["sharpe"]
    fast, slow = (list(map(int, config["grid"][name])) for name in ("fast", "slow"))
    best = ranked[0]["parameters"]
    picture = draw_heat_map(
        HeatMap(
            row_name="slow average, bars",
            column_name="fast average, bars",
            rows=slow,
            columns=fast,
            values={
                (int(row["parameters"]["slow"]), int(row["parameters"]["fast"])): row["metrics"]["sharpe"]
                for row in sweep.rows
            },
            middle=held,
            best=(int(best["slow"]), int(best["fast"])),
        ),
        f"Sharpe ratio of {len(sweep.rows):,} parameter sets",
        f"Sharpe ratio of each set; buying and holding has {decimal(held)}. The ring marks the best set.",
    )
    named = zip(
        ("best", "second", "third", "median", "worst"), (*ranked[:3], ranked[len(ranked) // 2], ranked[-1]), strict=True
    )
    shown = ("sharpe", "total_return", "max_drawdown", "n_trades")
    lines = (
        row(
            name,
            f"{item['parameters']['fast']:g}/{item['parameters']['slow']:g}",
            *(written(metric, item["metrics"][metric]) for metric in shown),
        )
        for name, item in named
    )
    better = sum(item["metrics"]["sharpe"] > held for item in ranked)
    return section(
        "sweep",
        f"{len(sweep.rows):,} parameter sets on {config['symbol']}",
        note(
            f"{better:,} of {len(sweep.rows):,} sets have a higher Sharpe ratio than buying and holding. The best was "
            "chosen with hindsight: the best of ten thousand looks good by luck alone, and says nothing about tomorrow "
            "until it has been tested on candles that did not choose it."
        ),
        picture,
        table("Ranked by Sharpe ratio", ["", "fast/slow", *map(label, shown)], [body(*lines)]),
    )


def _data(findings: Findings) -> Markup:
    covered = {report["series"]: report for report in findings.coverage}
    lines = []
    for item in findings.series:
        name = f"{item['exchange']}/{item['symbol']}/{item['timeframe']}"
        report = covered[name]
        lines.append(
            row(
                f"{item['symbol']} {item['timeframe']}",
                *(count(report[key]) for key in ("stored", "expected", "missing")),
                percent(report["stored"] / report["expected"]),
                f"{report['gaps_explained']} / {report['gaps_open']}",
                count(findings.quarantined[name]),
                item["first_open_time"][:10],
                item["last_open_time"][:10],
            )
        )
    head = ["Series", "Stored", "Expected", "Missing", "Coverage", "Gaps explained / open", "Quarantined"]
    return section(
        "data",
        "Can the data be trusted?",
        note("Candles are never invented; what is absent is a gap, with its reason. Times are UTC."),
        table("Candles per series", [*head, "First", "Last"], [body(*lines)]),
    )


def _gaps(findings: Findings) -> Markup:
    tried = sum(report["gaps_found"] for report in findings.repairs)
    fixed = sum(report["gaps_fixed"] for report in findings.repairs)
    return section(
        "gaps",
        "Gaps",
        note(f"{tried} holes were taken to the exchange again; {fixed} could be filled."),
        *(_gap(gap) for gap in findings.gaps),
    )


def _gap(gap: Mapping[str, Any]) -> Markup:
    evidence = gap["evidence"]
    facts = {"state": gap["state"], "why": CAUSES.get(gap["cause"] or "", gap["cause"] or "not looked into yet")}
    if "candle_before" in evidence and "candle_after" in evidence:
        facts["neighbours"] = f"{moment(evidence['candle_before'])} and {moment(evidence['candle_after'])}"
    for number, asked in enumerate(evidence.get("asked", []), 1):
        window = f"{moment(asked['start'])} to {moment(asked['end'])}"
        facts[f"asked, {number}"] = f"{window}: {asked['rows']:,} candles, body {asked['sha256']}"
    length = span(gap["end_ms"] - gap["start_ms"])
    title = f"{gap['symbol']} {gap['timeframe']}: {length} from {moment(gap['start_ms'])}"
    return join(tag("h3", title), definitions(facts))


def _identity(findings: Findings) -> Markup:
    answers = [(run.title, run.answer, run.answer["run_id"]) for run in findings.runs]
    answers.append(("the sweep", findings.sweep.answer, findings.sweep.answer["sweep_id"]))
    lines = (row(name, tag("code", own), tag("code", answer["data_revision"][:16])) for name, answer, own in answers)
    steps = [row(step.title, f"{step.seconds:.1f}") for step in findings.steps]
    version = findings.runs[0].answer["code_version"]
    return section(
        "identity",
        "Identity and time",
        note("Same configuration, same candles, same code: same id, same bytes. Code ", tag("code", str(version)), "."),
        table("What was computed", ["", "Id", "Data revision"], [body(*lines)], "left"),
        table("Seconds per step", ["Step", "s"], [body(*steps)], "narrow"),
        note(
            "Candles: recorded from public repositories that carry Binance data, listed with sources and licences in "
            "the README of tests/data/recorded. Quote volume and trade counts are unknown in the minute recordings and "
            "stored as null, never as 0.",
            kind="caption",
        ),
    )
