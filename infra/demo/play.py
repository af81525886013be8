"""The demo: recorded candles in, holes explained, backtests and a sweep out, tear sheets and a report to open."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from candlecloud.contract.result_json import read_result
from candlecloud.pages.kit.formats import decimal, percent
from infra.demo.findings import CAUSES, Findings, RunPart, SweepPart
from infra.demo.report import TEAR_SHEETS, span, write_report
from infra.demo.requests import RUNS, SWEEP, RunRequest
from infra.kernels.sources import PYTHON_FOLDER, find_kernels
from infra.local.history import History, ingest, recorded_histories
from infra.local.platform import LocalPlatform
from infra.local.progress import Steps

ENDS = frozenset({"succeeded", "failed", "cancelled"})
TIMEOUT_S = 900.0
PAGE = 1_000


class DemoFailedError(RuntimeError):
    """A step of the demo did not end as it should."""


def run_demo(report: Path, steps: Steps | None = None, *, logs: Path | None = None) -> Findings:
    """Run every step on a platform of its own that keeps nothing; write the report, and tear sheets beside it.

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
        if not kernels_are_compiled():
            steps.say("The engine's loops are not compiled here: the same numbers, about four times slower in all.")
        findings = _play(platform, steps, report.parent / TEAR_SHEETS)
    with steps.step("Write the report"):
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(write_report(findings), encoding="utf-8")
    return findings


def kernels_are_compiled() -> bool:
    """Whether every loop of the engine runs as compiled code."""
    return all(kernel.library().exists() for kernel in find_kernels(PYTHON_FOLDER))


def _play(platform: LocalPlatform, steps: Steps, folder: Path) -> Findings:
    histories = recorded_histories(platform)
    quarantined = {history.series: _ingest(platform, steps, history) for history in histories}
    coverage = _detect(platform, steps, histories)
    repairs = _repair(platform, steps)
    runs = [_backtest(platform, steps, request, folder) for request in RUNS]
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
            steps.say(CAUSES.get(entry["cause"], entry["cause"]))
        for entry in report["still_open"]:
            steps.say(f"{hole} stays open: {entry['cause']}")
    return reports


def _backtest(platform: LocalPlatform, steps: Steps, request: RunRequest, folder: Path) -> RunPart:
    """Run it, keep its tear sheet as a file, and say what came out."""
    with steps.step(f"Backtest {request.title}") as bar:
        accepted = platform.api.post("/backtest/run", request.body).json()
        *_, answer = platform.api.wait(f"/runs/{accepted['run_id']}", ENDS, timeout_s=TIMEOUT_S)
        if answer["state"] != "succeeded":
            raise DemoFailedError(f"{request.title} ended as {answer['state']}: {answer['error']}")
        result = read_result(_downloaded(platform, answer["links"]["result"], "application/json"))
        page = _downloaded(platform, answer["links"]["report"], "text/html")
        bar.note = f"{result.data.bars:,} bars"
    file = folder / f"{request.name}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(page)
    part = RunPart(request.title, request.name, answer, result, page)
    _say_beside_holding(steps, part)
    _say_band(steps, part)
    steps.say(f"tear sheet: [bold]{file}[/bold]")
    return part


def _downloaded(platform: LocalPlatform, link: str, media: str) -> bytes:
    answer = platform.api.send("GET", link, headers={"Accept": media})
    if answer.status != 200:
        raise DemoFailedError(f"{link} answered {answer.status}")
    return answer.body


def _say_beside_holding(steps: Steps, part: RunPart) -> None:
    steps.say(f"{'':24}{'strategy':>12}{'buy and hold':>15}")
    ours, held = part.metrics, part.held
    steps.say(f"{'return':24}{percent(ours.total_return):>12}{percent(held.total_return):>15}")
    steps.say(f"{'largest drawdown':24}{percent(ours.max_drawdown):>12}{percent(held.max_drawdown):>15}")
    steps.say(f"{'Sharpe ratio':24}{decimal(ours.sharpe):>12}{decimal(held.sharpe):>15}")
    cuts = len(part.result.look_ahead_test.cuts)
    steps.say(f"look-ahead test: a future of garbage, {cuts} times, moved no decision before it")


def _say_band(steps: Steps, part: RunPart) -> None:
    band = part.intrabar
    if not band.ambiguous_exits or band.pessimistic is None or band.optimistic is None:
        return
    worse, better = (percent(side.total_return) for side in (band.pessimistic, band.optimistic))
    steps.say(
        f"{band.ambiguous_exits} of {part.metrics.n_trades:,} exits lie in a bar that touched both stop and target:\n"
        f"{worse} if the stop came first, which counts; {better} if the target did"
    )


def _sweep(platform: LocalPlatform, steps: Steps) -> SweepPart:
    started = time.monotonic()
    accepted = platform.api.post("/sweeps", SWEEP).json()
    address = f"/sweeps/{accepted['sweep_id']}"
    with steps.step(f"Sweep {accepted['sets']:,} parameter sets, state machine", None) as bar:
        answer: Mapping[str, Any] = {}
        for answer in platform.api.wait(address, ENDS, timeout_s=TIMEOUT_S):
            bar.show(answer["progress"]["batches_done"], answer["progress"]["batches_planned"])
        if answer["state"] != "succeeded":
            raise DemoFailedError(f"the sweep ended as {answer['state']}: {answer['error']}")
        batches = answer["progress"]["batches_planned"]
        bar.note = f"{batches} batch{'' if batches == 1 else 'es'}"
    seconds = time.monotonic() - started
    with steps.step("Read its results through the API", accepted["sets"]) as bar:
        rows = []
        for row in platform.api.pages(f"{address}/results", "rows", sort="set", limit=PAGE):
            rows.append(row)
            bar.advance()
    part = SweepPart(answer, rows, seconds)
    best, held = part.by_sharpe()[0], answer["benchmark"]["metrics"]["sharpe"]
    better = sum(row["metrics"]["sharpe"] > held for row in part.by_sharpe())
    steps.say(
        f"{better:,} sets have a higher Sharpe ratio than buy and hold ({held:.2f});\nbest with hindsight: "
        f"{best['parameters']['fast']:g}/{best['parameters']['slow']:g} with {best['metrics']['sharpe']:.2f}"
    )
    return part
