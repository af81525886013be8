"""The demo: recorded candles in, holes explained, a backtest and a sweep out, a report at the end."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from infra.local.findings import CAUSES, Findings, RunPart, SweepPart
from infra.local.history import History, ingest, recorded_histories
from infra.local.page import percent, span
from infra.local.platform import LocalPlatform
from infra.local.progress import Steps
from infra.local.report import write_report

SETTING = {
    "exchange": "binance",
    "timeframe": "1h",
    "strategy": "dual_sma",
    "start": "2022-09-15T00:00:00Z",
}
"""The start leaves every parameter set of the sweep its warm-up, so that all are compared over one time."""
PARAMETERS = {"fast": 50, "slow": 200}
GRID = {
    "fast": {"start": 5, "stop": 200, "step": 5},
    "slow": {"start": 220, "stop": 940, "step": 30},
}
BATCH_SIZE = 50
RUN_ENDS = frozenset({"succeeded", "failed"})
SWEEP_ENDS = frozenset({"succeeded", "partial", "failed"})
TIMEOUT_S = 300.0


class DemoFailedError(RuntimeError):
    """A step of the demo did not end as it should."""


def run_demo(report: Path, steps: Steps | None = None, *, logs: Path | None = None) -> Findings:
    """Run every step on a platform of its own that keeps nothing, and write the report.

    Parameters
    ----------
    report
        File to write.
    logs
        Folder for what the functions print.

    Raises
    ------
    DemoFailedError
        When a run or the sweep does not succeed.
    """
    steps = steps or Steps()
    with ExitStack() as stack:
        with steps.step("Start the platform") as bar:
            platform = stack.enter_context(LocalPlatform(logs=logs))
            bar.note = "from the CDK template"
        findings = _play(platform, steps)
    with steps.step("Write the report"):
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(write_report(findings), encoding="utf-8")
    return findings


def _play(platform: LocalPlatform, steps: Steps) -> Findings:
    histories = recorded_histories(platform)
    quarantined = {history.series: _ingest(platform, steps, history) for history in histories}
    coverage = _detect(platform, steps, histories)
    repairs = _repair(platform, steps)
    runs = [_backtest(platform, steps, symbol) for symbol in ("BTC-USDT", "ETH-USDT")]
    sweep = _sweep(platform, steps)
    return Findings(
        runs=runs,
        sweep=sweep,
        series=sorted(platform.api.pages("/series", "series"), key=lambda item: (item["timeframe"], item["symbol"])),
        coverage=coverage,
        quarantined=quarantined,
        gaps=list(platform.api.pages("/gaps", "gaps")),
        repairs=repairs,
        steps=steps.done,
        requests=len(platform.exchange.requests.entries()),
    )


def _ingest(platform: LocalPlatform, steps: Steps, history: History) -> int:
    """Ingest a history and return how many rows went to quarantine."""
    length = f"{(history.end - history.start) / 86_400_000:,.0f} days of {history.timeframe}"
    with steps.step(f"Ingest {history.symbol}, {length}", history.candles) as bar:
        sums = ingest(platform, history, bar.advance)
        bar.note = f"{sums['added']:,} candles"
    return sums["quarantined"]


def _detect(platform: LocalPlatform, steps: Steps, histories: list[History]) -> list[dict[str, Any]]:
    with steps.step("Look for holes", len(histories)) as bar:
        reports = []
        for history in histories:
            reports.append(platform.invoke("detect_gaps", history.event))
            bar.advance()
        bar.note = f"{sum(report['gaps_found'] for report in reports)} found"
    return reports


def _repair(platform: LocalPlatform, steps: Steps) -> list[dict[str, Any]]:
    """Ask the exchange for every gap once more, explained ones too, and say what it answers."""
    gaps = [gap for gap in platform.api.pages("/gaps", "gaps") if gap["state"] != "repaired"]
    reports = []
    with steps.step("Try to repair them", len(gaps)) as bar:
        for gap in gaps:
            event = {name: gap[name] for name in ("exchange", "symbol", "timeframe", "start", "end")}
            reports.append(platform.invoke("backfill_candles", event))
            bar.advance()
        bar.note = f"{sum(report['gaps_fixed'] for report in reports)} of {len(gaps)} repaired"
    for gap, report in zip(gaps, reports, strict=True):
        hole = f"{gap['symbol']} {gap['timeframe']}: {span(gap['end_ms'] - gap['start_ms'])} from {gap['start']}"
        for entry in report["unrepairable"]:
            steps.say(f"{hole} cannot be repaired:")
            steps.say(f"  {CAUSES.get(entry['cause'], entry['cause'])}")
        for entry in report["still_open"]:
            steps.say(f"{hole} stays open: {entry['cause']}")
    return reports


def _backtest(platform: LocalPlatform, steps: Steps, symbol: str) -> RunPart:
    with steps.step(f"Backtest {symbol}, dual SMA {PARAMETERS['fast']}/{PARAMETERS['slow']}") as bar:
        accepted = platform.api.post("/backtest/run", {**SETTING, "symbol": symbol, "parameters": PARAMETERS}).json()
        *_, answer = platform.api.wait(f"/runs/{accepted['run_id']}", RUN_ENDS, timeout_s=TIMEOUT_S)
        if answer["state"] != "succeeded":
            raise DemoFailedError(f"the run of {symbol} ended as {answer['state']}: {answer['error']}")
        result = platform.api.get(answer["links"]["result"])
        bar.note = f"{answer['config']['start'][:10]} to {answer['config']['end'][:10]}"
    part = RunPart(answer, result)
    steps.say(f"{'':24}{'dual SMA':>12}{'buy and hold':>15}")
    for name, key in (("return", "total_return"), ("largest drawdown", "max_drawdown")):
        steps.say(f"{name:24}{percent(part.metrics[key]):>12}{percent(part.held[key]):>15}")
    steps.say(f"{'Sharpe ratio':24}{part.metrics['sharpe']:>12.2f}{part.held['sharpe']:>15.2f}")
    return part


def _sweep(platform: LocalPlatform, steps: Steps) -> SweepPart:
    request = {**SETTING, "symbol": "BTC-USDT", "grid": GRID, "batch_size": BATCH_SIZE}
    accepted = platform.api.post("/sweeps", request).json()
    with steps.step(f"Sweep {accepted['sets']:,} parameter sets, state machine", None) as bar:
        answer: Mapping[str, Any] = {}
        for answer in platform.api.wait(f"/sweeps/{accepted['sweep_id']}", SWEEP_ENDS, timeout_s=TIMEOUT_S):
            bar.show(answer["progress"]["batches_done"], answer["progress"]["batches_planned"])
        if answer["state"] != "succeeded":
            raise DemoFailedError(f"the sweep ended as {answer['state']}: {answer['error']}")
        rows = list(platform.api.pages(f"/sweeps/{accepted['sweep_id']}/results", "rows", sort="set", limit=1000))
        bar.note = f"{answer['progress']['batches_planned']} batches"
    part = SweepPart(answer, rows)
    best = part.by_sharpe()[0]
    held = answer["benchmark"]["metrics"]["sharpe"]
    steps.say(
        f"best with hindsight: {best['parameters']['fast']:g}/{best['parameters']['slow']:g}, Sharpe ratio "
        f"{best['metrics']['sharpe']:.2f}; buy and hold has {held:.2f}"
    )
    return part
