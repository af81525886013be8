"""The README's request has the README's answer, and the commands that it names exist."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

from infra.local.platform import LocalPlatform

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
# When it was looked into, and what the neighbouring windows held, depend on the day of asking.
DEPENDS_ON_THE_DAY = ("detected_at", "detected_at_ms", "updated_at", "updated_at_ms")


def test_the_answer_is_the_real_one() -> None:
    path = re.search(r"'http://127\.0\.0\.1:8787(/[^']+)'", README)
    block = re.search(r"```json\n(.*?)```", README, re.DOTALL)
    assert path is not None
    assert block is not None
    series = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h"}
    with LocalPlatform(clock="2025-08-17T18:00:30Z") as platform:
        platform.invoke("ingest_candles", {**series, "start": "2023-03-01", "end": "2023-04-15"})
        platform.invoke("detect_gaps", series)
        platform.invoke("backfill_candles", series)
        answer = platform.api.get(path[1])
    assert _lasting(answer) == _lasting(json.loads(block[1]))


def test_every_module_that_it_runs_exists() -> None:
    modules = re.findall(r"python -m ([\w.]+)", README)
    assert len(modules) >= 5
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


def test_every_make_target_that_it_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", README)) <= targets
    assert len(targets) <= 17


def test_every_file_that_it_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def _lasting(answer: dict[str, Any]) -> dict[str, Any]:
    gaps = [{name: value for name, value in gap.items() if name not in DEPENDS_ON_THE_DAY} for gap in answer["gaps"]]
    for gap in gaps:
        evidence = dict(gap["evidence"])
        evidence["asked"] = len(evidence["asked"])
        evidence["exchange_time"] //= 60_000
        gap["evidence"] = evidence
    return {**answer, "gaps": gaps}
