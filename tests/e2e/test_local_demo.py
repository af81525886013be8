"""The demo from start to report, as `make demo` runs it."""

from __future__ import annotations

import io
import re
import socket
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from infra.local.demo import run_demo
from infra.local.findings import Findings
from infra.local.progress import Steps


@dataclass(frozen=True)
class Played:
    findings: Findings
    page: str
    terminal: str
    seconds: float


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    report = tmp_path_factory.mktemp("demo") / "deep" / "report.html"
    steps = Steps(Console(file=io.StringIO(), width=120))
    findings = run_demo(report, steps)
    assert isinstance(steps.console.file, io.StringIO)
    return Played(findings, report.read_text(encoding="utf-8"), steps.console.file.getvalue(), steps.seconds)


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
    assert [run.symbol for run in played.findings.runs] == ["BTC-USDT", "ETH-USDT"]
    assert all(run.answer["data"]["missing_candles"] == 1 for run in played.findings.runs)
    assert len(played.findings.sweep.rows) == 1_000
    assert "Sweep 1,000 parameter sets" in played.terminal


def test_it_takes_less_than_ninety_seconds(played: Played) -> None:
    assert played.seconds < 90


class Collector(HTMLParser):
    """Collects tags, addresses and open elements."""

    VOID = frozenset({"meta", "br", "img", "hr", "link", "input"})

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
    assert not {"script", "link", "img", "iframe", "object"} & set(collected.tags)
    assert [address for address in collected.addresses if not address.startswith(("#", "data:image/png;base64,"))] == []
    assert set(re.findall(r"https?://[^\s\"'<>)]+", played.page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "@import" not in played.page
    assert not re.search(r"url\((?!#)", played.page)


def test_references_inside_the_page_lead_somewhere(played: Played, collected: Collector) -> None:
    assert len(collected.ids) == len(set(collected.ids))
    wanted = {address[1:] for address in collected.addresses if address.startswith("#")}
    wanted |= set(re.findall(r"url\(#([^)]+)\)", played.page))
    assert wanted <= set(collected.ids)


def test_the_page_tells_nothing_of_the_machine(played: Played) -> None:
    page = re.sub(r'"data:image/png;base64,[^"]*"', "", played.page)
    for secret in (str(Path.cwd()), str(Path.home()), "/tmp/", "127.0.0.1", "arn:aws", "cc_"):
        assert secret not in page
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b", page)


def test_the_page_shows_what_was_found(played: Played, collected: Collector) -> None:
    assert collected.tags.count("svg") == 6, "three charts, each for a wide and a narrow page"
    for text in (
        played.findings.sweep.answer["sweep_id"],
        *(run.answer["run_id"] for run in played.findings.runs),
        "prefers-color-scheme: dark",
        "26,729",
        "24 Mar 2023, 13:00",
        "open of the first later bar that trades",
    ):
        assert text in played.page
    assert len(played.page) < 2_000_000
