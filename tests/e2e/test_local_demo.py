"""The demo from start to report, as `make demo` runs it."""

from __future__ import annotations

import io
import json
import re
import socket
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import pytest
from rich.console import Console

from candlecloud.pages.kit.formats import percent
from infra.demo.findings import Findings
from infra.demo.play import kernels_are_compiled, run_demo
from infra.demo.report import TEAR_SHEETS
from infra.demo.requests import RUNS
from infra.local.progress import Steps

README = (Path(__file__).parents[2] / "README.md").read_text()


@dataclass(frozen=True)
class Played:
    findings: Findings
    folder: Path
    page: str
    terminal: str
    cpu_s: float


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    report = tmp_path_factory.mktemp("demo") / "deep" / "report.html"
    steps = Steps(Console(file=io.StringIO(), width=300))
    before = cpu_s()
    findings = run_demo(report, steps)
    assert isinstance(steps.console.file, io.StringIO)
    page, told = report.read_text(encoding="utf-8"), steps.console.file.getvalue()
    return Played(findings, report.parent, page, told, cpu_s() - before)


def cpu_s() -> float:
    """Processor time of this process and of those that it has ended: what else runs on the machine does not count."""
    used = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def test_every_recorded_candle_is_in_and_the_outage_is_explained(played: Played) -> None:
    stored = {(item["symbol"], item["timeframe"]): item["rows"] for item in played.findings.series}
    assert stored == {
        ("BTC-USDT", "1h"): 26_729,
        ("ETH-USDT", "1h"): 26_729,
        ("BTC-USDT", "1m"): 130_700,
        ("ETH-USDT", "1m"): 130_700,
    }
    gaps = [(gap["symbol"], gap["start"], gap["missing_candles"], gap["state"]) for gap in played.findings.gaps]
    assert sorted(gaps) == [
        ("BTC-USDT", "2023-03-24T13:00:00Z", 1, "explained"),
        ("ETH-USDT", "2023-03-24T13:00:00Z", 1, "explained"),
    ]
    assert "BTC-USDT 1h: 1 hour from 2023-03-24T13:00:00Z cannot be repaired" in played.terminal
    assert "the exchange has no candle there" in played.terminal


def test_backtests_and_sweep_are_whole(played: Played) -> None:
    runs = played.findings.runs
    assert [(run.symbol, run.result.config.strategy) for run in runs] == [
        ("BTC-USDT", "dual_sma"),
        ("BTC-USDT", "volatility_breakout"),
        ("ETH-USDT", "rules"),
    ]
    assert all(run.result.data.missing_candles == 1 for run in runs)
    assert all(run.result.look_ahead_test.passed and run.result.look_ahead_test.cuts for run in runs)
    assert {row["set"] for row in played.findings.sweep.rows} == set(range(10_000))
    assert "Sweep 10,000 parameter sets" in played.terminal


def test_a_set_of_the_sweep_has_the_numbers_of_its_own_run(played: Played) -> None:
    sweep, alone = played.findings.sweep, played.findings.runs[0].answer
    (row,) = (row for row in sweep.rows if row["parameters"] == alone["config"]["parameters"])
    assert row["metrics"].items() <= alone["metrics"].items()
    assert sweep.answer["benchmark"]["metrics"].items() <= alone["benchmark"]["metrics"].items()


def test_stop_and_target_in_one_bar_are_shown_as_a_band(played: Played) -> None:
    (run,) = (run for run in played.findings.runs if run.intrabar.ambiguous_exits)
    stop, target = run.intrabar.pessimistic, run.intrabar.optimistic
    assert stop is not None
    assert target is not None
    assert run.metrics.total_return == stop.total_return != target.total_return
    assert f"{run.intrabar.ambiguous_exits} of {run.metrics.n_trades} exits lie in a bar" in played.terminal
    assert run.intrabar.finer_timeframe == "1m"


def test_the_readme_tells_of_this_run_and_its_band(played: Played) -> None:
    body = json.loads(README.split("/backtest/run -d '")[1].split("'")[0])
    (run,) = (run for run in played.findings.runs if run.intrabar.ambiguous_exits)
    (request,) = (request for request in RUNS if request.name == run.name)
    assert body == request.body | {"start": request.body["start"][:10]}
    worse, better = (percent(side.total_return) for side in (run.intrabar.pessimistic, run.intrabar.optimistic) if side)
    told = f"{run.intrabar.ambiguous_exits} of {run.metrics.n_trades} exits decide between {worse} and {better}"
    assert told.replace("\u00a0", " ") in README


def test_every_run_has_its_tear_sheet_beside_the_report(played: Played) -> None:
    for run in played.findings.runs:
        page = (played.folder / TEAR_SHEETS / f"{run.name}.html").read_bytes()
        assert page == run.tear_sheet
        assert run.answer["run_id"].encode() in page
        assert b"open of the first later bar that trades" in page
        assert f"{run.name}.html" in played.terminal.replace("\n", "")


def test_it_takes_less_than_ninety_seconds_or_says_why(played: Played) -> None:
    assert ("not compiled" in played.terminal) != kernels_are_compiled()
    assert played.cpu_s < (90 if kernels_are_compiled() else 400)


class Collector(HTMLParser):
    """Collects tags, addresses and open elements."""

    VOID = frozenset({"meta", "br", "img", "hr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "srcset", "data"):
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def collected(played: Played) -> Collector:
    collector = Collector()
    collector.feed(played.page)
    return collector


def test_the_page_is_well_formed_and_loads_nothing(played: Played, collected: Collector) -> None:
    assert collected.open == []
    assert not {"script", "img", "iframe", "object"} & set(collected.tags)
    elsewhere = [address for address in collected.addresses if not address.startswith("#")]
    assert elsewhere == ["data:,", *(f"{TEAR_SHEETS}/{run.name}.html" for run in played.findings.runs)]
    assert not re.search(r"https?://", played.page)
    assert "@import" not in played.page
    assert not re.search(r"url\((?!#)", played.page)


def test_references_inside_the_page_lead_somewhere(played: Played, collected: Collector) -> None:
    assert len(collected.ids) == len(set(collected.ids))
    wanted = {address[1:] for address in collected.addresses if address.startswith("#")}
    wanted |= set(re.findall(r"url\(#([^)]+)\)", played.page))
    assert wanted <= set(collected.ids)


def test_the_page_tells_nothing_of_the_machine(played: Played) -> None:
    for page in (played.page, *(run.tear_sheet.decode() for run in played.findings.runs)):
        for secret in (str(Path.cwd()), str(Path.home()), "/tmp/", "127.0.0.1", "arn:aws", "cc_"):
            assert secret not in page
        assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", page)


def test_the_page_shows_what_was_found(played: Played, collected: Collector) -> None:
    cells = re.findall(r'class="cell (?:up|down)[1-4]"', played.page)
    assert 2 <= len(cells) <= 8
    assert collected.tags.count("path") == len(cells), "the field of colours is all that is drawn"
    for text in (
        played.findings.sweep.answer["sweep_id"],
        *(run.answer["run_id"] for run in played.findings.runs),
        "prefers-color-scheme:dark",
        "26,729",
        "2023-03-24 13:00 UTC",
    ):
        assert text in played.page
    assert len(played.page) < 200_000
