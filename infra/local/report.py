"""The demo's report: one HTML file from API answers, nothing loaded from anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from infra.local.charts import HOLD, STRATEGY, Curve, HeatMap, equity_chart, heat_map
from infra.local.findings import CAUSES, Findings, RunPart, SweepPart
from infra.local.page import NONE, code, day, days, definitions, details, moment, number, percent, span, table

STYLE = Path(__file__).with_name("report.css")


def write_report(findings: Findings) -> str:
    """Write the page."""
    sections = (
        _opening(findings),
        "".join(_run_section(run) for run in findings.runs),
        _sweep_section(findings.sweep),
        _data_section(findings),
        _assumptions_section(findings.runs[0]),
        _identity_section(findings),
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>candlecloud demo report</title><style>{STYLE.read_text()}</style></head>"
        f"<body>{''.join(sections)}</body></html>\n"
    )


def _opening(findings: Findings) -> str:
    run = findings.runs[0]
    better = sum(row["metrics"]["sharpe"] > run.held["sharpe"] for row in findings.sweep.by_sharpe())
    stored = sum(item["rows"] for item in findings.series)
    missing = sum(report["missing"] for report in findings.coverage)
    explained = sum(gap["missing_candles"] for gap in findings.gaps if gap["state"] == "explained")
    first = min(item["first_open_time"] for item in findings.series)
    last = max(item["last_open_time"] for item in findings.series)
    tiles = (
        (f"{stored:,}", f"candles stored, from {findings.requests:,} requests to the replayed exchange"),
        (f"{missing} missing", f"{explained} of them explained with evidence"),
        (percent(run.metrics["total_return"], 0, sign=True), f"{run.symbol}, {run.title}, costs on"),
        (percent(run.held["total_return"], 0, sign=True), "buying and holding, same time and costs"),
        (f"{better} of {len(findings.sweep.rows):,}", "parameter sets with a higher Sharpe ratio than holding"),
        (f"{sum(step.seconds for step in findings.steps):.0f} s", "for all of it, on this machine"),
    )
    cells = "".join(f"<li><b>{value}</b><span>{escape(text)}</span></li>" for value, text in tiles)
    return (
        '<p class="quiet">candlecloud, demo report</p><h1>From recorded candles to a backtest and a sweep</h1>'
        f"<p>Real Binance candles of {day(first)} to {day(last)}, replayed on this machine through "
        "the platform's own path: ingest functions, Parquet in an object store, gap detection, the HTTP API, and the "
        "state machine that fans a sweep out.</p>"
        f'<ul class="tiles">{cells}</ul>'
    )


_ROWS = (
    ("total_return", "Total return", lambda value: percent(value, sign=True)),
    ("cagr", "Return per year", lambda value: percent(value, sign=True)),
    ("volatility", "Volatility per year", percent),
    ("sharpe", "Sharpe ratio", number),
    ("max_drawdown", "Largest drawdown", percent),
    ("max_drawdown_seconds", "Longest time under water", days),
    ("exposure", "Time in the market", percent),
    ("n_trades", "Closed trades", lambda value: number(value, 0)),
    ("win_rate", "Trades won", percent),
    ("fees", "Fees paid, USDT", lambda value: number(value, 0)),
    ("slippage", "Slippage paid, USDT", lambda value: number(value, 0)),
)


def _run_section(run: RunPart) -> str:
    config, curves = run.answer["config"], run.result["curves"]
    verb = "more" if run.metrics["total_return"] > run.held["total_return"] else "less"
    chart = equity_chart(
        (
            Curve(run.title, STRATEGY, curves["close_time"], curves["equity"]),
            Curve("buy and hold", HOLD, curves["close_time"], curves["benchmark_equity"]),
        ),
        config["initial_equity"],
        f"{run.symbol}: equity and drawdown of {run.title} and of buying and holding",
    )
    rows = [(name, show(run.metrics[key]), show(run.held[key])) for key, name, show in _ROWS]
    head = ("", f'<span class="strategy">{escape(run.title)}</span>', '<span class="hold">buy and hold</span>')
    return (
        f"<h2>{escape(run.symbol)}, {escape(config['timeframe'])}: {escape(run.title)} beside buy and hold</h2>"
        f"<p>The crossover made {percent(run.metrics['total_return'], 0, sign=True)}, {verb} than holding "
        f"({percent(run.held['total_return'], 0, sign=True)}). It was in the market "
        f"{percent(run.metrics['exposure'], 0)} of the time, and its deepest drawdown was "
        f"{percent(run.metrics['max_drawdown'], 0)} where holding had {percent(run.held['max_drawdown'], 0)}.</p>"
        f"{chart}{table(head, rows, numbers=(1, 2))}"
        + details("What each number means", definitions((k, escape(v)) for k, v in run.result["conventions"].items()))
    )


def _sweep_section(sweep: SweepPart) -> str:
    config, ranked = sweep.answer["config"], sweep.by_sharpe()
    held = sweep.answer["benchmark"]["metrics"]["sharpe"]
    fast, slow = (list(map(int, config["grid"][name])) for name in ("fast", "slow"))
    found = {(row["parameters"]["slow"], row["parameters"]["fast"]): row["metrics"]["sharpe"] for row in sweep.rows}
    best = ranked[0]["parameters"]
    picture = heat_map(
        HeatMap(
            row_name="slow average, bars",
            column_name="fast average, bars",
            rows=slow,
            columns=fast,
            values=[[found.get((row, column)) for column in fast] for row in slow],
            middle=held,
            value_name=f"Sharpe ratio; the line at {held:.2f} is buy and hold",
            best=(slow.index(int(best["slow"])), fast.index(int(best["fast"]))),
        ),
        f"Sharpe ratio of {len(sweep.rows):,} parameter sets of the fast and the slow average",
    )
    better = sum(row["metrics"]["sharpe"] > held for row in ranked)
    median = ranked[len(ranked) // 2]
    rows = [
        (
            f"{row['parameters']['fast']:g}/{row['parameters']['slow']:g}",
            number(row["metrics"]["sharpe"]),
            percent(row["metrics"]["total_return"], 0, sign=True),
            percent(row["metrics"]["max_drawdown"], 0),
            number(row["metrics"]["n_trades"], 0),
        )
        for row in (*ranked[:3], median, ranked[-1])
    ]
    names = ("best", "second", "third", "median", "worst")
    return (
        f"<h2>{len(sweep.rows):,} parameter sets on {escape(config['symbol'])}</h2>"
        f"<p>{better} of {len(sweep.rows):,} sets have a higher Sharpe ratio than buying and holding ({number(held)}); "
        f"the median set has {number(median['metrics']['sharpe'])}. Blue is better than holding, brown is worse. The "
        "ring marks the best set, chosen with hindsight: the best of a thousand looks good by luck alone, and says "
        "nothing about tomorrow until it has been tested on candles that did not choose it.</p>"
        f"{picture}"
        + table(
            ("", "fast/slow", "Sharpe", "return", "drawdown", "trades"),
            [(name, *row) for name, row in zip(names, rows, strict=True)],
            numbers=(2, 3, 4, 5),
        )
        + f'<p class="quiet">Computed in {sweep.answer["progress"]["batches_planned"]} batches by the state machine; '
        f"{len(sweep.answer['missing'])} batches missing.</p>"
    )


def _data_section(findings: Findings) -> str:
    covered = {report["series"]: report for report in findings.coverage}
    rows = []
    for item in findings.series:
        name = f"{item['exchange']}/{item['symbol']}/{item['timeframe']}"
        report = covered[name]
        share = report["stored"] / report["expected"]
        rows.append(
            (
                f'<span class="fit">{escape(item["symbol"])} {escape(item["timeframe"])}</span>',
                f"{report['stored']:,}",
                f"{report['expected']:,}",
                f"{report['missing']:,}",
                percent(share, 3),
                f"{report['gaps_explained']} / {report['gaps_open']}",
                f"{findings.quarantined[name]:,}",
                moment(item["first_open_time"]),
                moment(item["last_open_time"]),
            )
        )
    head = (
        "series",
        "stored",
        "expected",
        "missing",
        "coverage",
        "gaps explained / open",
        "first candle",
        "last candle",
    )
    gaps = "".join(_gap(gap) for gap in findings.gaps) or "<p>No gap was found.</p>"
    tried = sum(report["gaps_found"] for report in findings.repairs)
    fixed = sum(report["gaps_fixed"] for report in findings.repairs)
    still_open = sum(report["gaps_open"] for report in findings.coverage)
    verdict = (
        "Every candle of the grid is stored, or its absence is explained."
        if not still_open
        else f'<span class="warn">{still_open} gaps are open: missing without an explanation.</span>'
    )
    return (
        "<h2>Can the data be trusted?</h2>"
        f"<p>{verdict} Candles are never invented. Times are UTC.</p>"
        f"{table(head, rows, numbers=(1, 2, 3, 4, 5, 6))}"
        f"<h3>Gaps</h3><p>{tried} holes were taken to the exchange again; {fixed} could be filled.</p>{gaps}"
    )


def _gap(gap: Mapping[str, Any]) -> str:
    evidence = gap["evidence"]
    kind = "good" if gap["state"] in ("explained", "repaired") else "warn"
    cause = CAUSES.get(gap["cause"] or "", gap["cause"] or "not looked into yet")
    facts = [("state", f'<span class="{kind}">{escape(gap["state"])}</span>'), ("why", escape(cause))]
    if "candle_before" in evidence and "candle_after" in evidence:
        facts.append(("neighbours", f"{moment(evidence['candle_before'])} and {moment(evidence['candle_after'])}"))
    facts += [("asked", _asked(asked)) for asked in evidence.get("asked", [])]
    title = f"{gap['symbol']} {gap['timeframe']}: {span(gap['end_ms'] - gap['start_ms'])} from "
    return f"<h3>{escape(title)}{moment(gap['start_ms'])}</h3>{definitions(facts)}"


def _asked(asked: Mapping[str, Any]) -> str:
    window = f"{moment(asked['start'])} to {moment(asked['end'])}"
    return f"{window}: {asked['rows']:,} candles, body {code(asked['sha256'])}"


def _assumptions_section(run: RunPart) -> str:
    def words(value: Any) -> str:
        if isinstance(value, Mapping):
            return ", ".join(f"{name}: {words(item)}" for name, item in value.items())
        return escape({True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value))

    pairs = [(name.replace("_", " "), words(value)) for name, value in run.result["assumptions"].items()]
    return f"<h2>Assumptions</h2><p>How the backtests trade. Each is a choice, not a fact.</p>{definitions(pairs)}"


def _identity_section(findings: Findings) -> str:
    answers = [(f"{run.symbol} run", run.answer, run.answer["run_id"]) for run in findings.runs]
    answers.append(("sweep", findings.sweep.answer, findings.sweep.answer["sweep_id"]))
    rows = [(escape(name), code(identity), code(answer["data_revision"][:16])) for name, answer, identity in answers]
    steps = [(escape(step.title), f"{step.seconds:.1f}") for step in findings.steps]
    steps.append(("<b>all</b>", f"<b>{sum(step.seconds for step in findings.steps):.1f}</b>"))
    config = json.dumps(findings.runs[0].answer["config"], indent=2)
    code_version = findings.runs[0].answer["code_version"]
    return (
        "<h2>Identity</h2>"
        f"<p>Same configuration, same candles, same code: same id, same bytes. Code {code(code_version)}.</p>"
        f"{table(('', 'id', 'data revision'), rows)}"
        + details("Configuration of the first run", f"<pre>{code(config)}</pre>")
        + f"<h3>Time</h3>{table(('step', 'seconds'), steps, numbers=(1,))}"
        '<p class="quiet">Candles: recorded from public repositories that carry Binance data, listed with sources and '
        "licences in the README of tests/data/recorded. Quote volume and trade counts are unknown in the minute "
        f"recordings and stored as null ({NONE} here), never as 0.</p>"
    )
