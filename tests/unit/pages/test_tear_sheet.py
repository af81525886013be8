"""The tear sheet of a real run: one file that needs nothing else, and shows the numbers of its document."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from candlecloud.contract.result_json import read_result
from candlecloud.contract.run import RunConfig
from candlecloud.experiments.run import evaluate_run
from candlecloud.market.rows import times_ms
from candlecloud.pages.kit.thinning import MOST_POINTS
from candlecloud.pages.tear_sheet.page import CONTENT_SECURITY_POLICY, render
from candlecloud.runs.data_requirements import needed_range
from candlecloud.runs.identity import Identity
from candlecloud.runs.inputs import RUN_COLUMNS, RunInputs
from tests.support.pages import as_html, as_xml, ids_of, numbers_of, part_of, words_of
from tests.support.recorded import btc_hours


@cache
def content() -> bytes:
    """The result of dual_sma 50/200 on recorded hours of BTC-USDT; an hour of 2023-03-24 is absent."""
    config = RunConfig.from_dict(
        {
            "exchange": "binance",
            "symbol": "BTC-USDT",
            "timeframe": "1h",
            "strategy": "dual_sma",
            "parameters": {"fast": 50, "slow": 200},
            "start": "2023-01-01",
            "end": "2025-01-01",
            "as_of": "2026-01-01",
        }
    )
    needed = needed_range(config.range, config.warmup_bars, config.series)
    times = np.array(times_ms(btc_hours()))
    inputs = RunInputs(btc_hours().filter(pa.array((times >= needed.start) & (times < needed.end))).select(RUN_COLUMNS))
    return evaluate_run(Identity(config, inputs.revision(), "0.0.0+test"), inputs).content


@cache
def document() -> dict[str, Any]:
    """As a client sees it."""
    found: dict[str, Any] = json.loads(content())
    return found


@cache
def page() -> str:
    return render(read_result(content()))


def test_page_is_well_formed_html_and_xml() -> None:
    tags = [tag for tag, _ in as_html(page()).tags]
    assert tags.count("html") == tags.count("main") == tags.count("h1") == 1
    root = as_xml(page())
    assert root.get("lang") == "en"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_page_needs_nothing_from_outside() -> None:
    tags = as_html(page()).tags
    assert not {tag for tag, _ in tags} & {
        "script",
        "iframe",
        "object",
        "embed",
        "img",
        "base",
        "form",
        "image",
        "video",
    }
    for _, attributes in tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "xlink:href")]
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
    assert not re.search(r"https?:|//[a-z]", page())
    assert "url(" not in page()
    assert "@import" not in page()


def test_page_states_a_policy_under_which_it_works() -> None:
    policy = next(attributes["content"] for _, attributes in as_html(page()).tags if attributes.get("http-equiv"))
    assert policy == CONTENT_SECURITY_POLICY == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_page_is_small_and_always_the_same() -> None:
    assert len(document()["curves"]["equity"]) == 17_543
    assert len(page().encode()) < 250_000
    assert render(read_result(content())) == page()


def test_headline_shows_the_five_numbers_beside_the_benchmarks() -> None:
    header = next(as_xml(page()).iter("header"))
    tiles = next(element for element in header.iter("dl"))
    shown = [[data.get("value") for data in tile.iter("data")] for tile in tiles]
    ours, held = document()["metrics"], document()["benchmark"]["metrics"]
    names = ("total_return", "cagr", "sharpe", "max_drawdown", "exposure")
    assert shown == [[repr(ours[name]), repr(held[name])] for name in names]


def test_verdict_says_who_won_and_at_what_drawdown() -> None:
    words = words_of(next(as_xml(page()).iter("header")))
    ours, held = document()["metrics"], document()["benchmark"]["metrics"]
    assert ours["total_return"] < held["total_return"]
    assert "Did not beat buy-and-hold." in words
    for value in (ours["max_drawdown"], held["max_drawdown"]):
        assert f"{100 * value:.1f} %" in words
    assert "dual_sma (fast 50, slow 200) on BTC-USDT 1h" in words
    result = read_result(content())
    better = replace(result, metrics=replace(result.metrics, total_return=9.0))
    assert "Beat buy-and-hold." in render(better)


def test_every_metric_is_shown_exactly_with_its_convention() -> None:
    section = part_of(page(), "metrics")
    shown = sorted(values for values in numbers_of(section).values())
    ours, held = document()["metrics"], document()["benchmark"]["metrics"]
    assert shown == sorted([_written(metrics[name]) for metrics in (ours, held) if name in metrics] for name in ours)
    titles = {row.get("title") for row in section.iter("th") if row.get("title")}
    assert titles == {document()["conventions"][name] for name in ours}
    glossary = words_of(part_of(page(), "conventions"))
    for meaning in document()["conventions"].values():
        assert re.sub(r"\s+", " ", meaning) in glossary


def test_regimes_and_relative_figures_are_shown_exactly() -> None:
    shown = list(numbers_of(part_of(page(), "relative")).values())
    assert sorted(shown) == sorted([_written(value)] for value in document()["relative"].values())
    names = ("total_return", "volatility", "sharpe", "max_drawdown", "win_rate", "profit_factor")
    wanted = [
        [_written(row[name]) for name in ("bars", "share", "trades")]
        + [_written(row["metrics"][name]) for name in names if row["metrics"]]
        for kind in ("trend", "volatility")
        for row in document()["regimes"][kind]
    ]
    rows = [row for row in part_of(page(), "regimes").iter("tr") if any(True for _ in row.iter("data"))]
    assert [[data.get("value") for data in row.iter("data")] for row in rows] == wanted
    assert len(wanted) >= 6


def test_captions_of_regimes_carry_the_windows_of_the_run() -> None:
    trend, volatility = (words_of(caption) for caption in part_of(page(), "regimes").iter("caption"))
    windows = document()["regime_parameters"]
    assert f"the last {windows['trend']['window']:,} bars (8.3 days)" in trend
    assert f"at the last {windows['volatility']['lookback']:,} bars (30 days)" in volatility


def test_run_without_stops_has_no_section_on_the_inside_of_bars() -> None:
    assert document()["intrabar"]["pessimistic"] is None
    assert "intrabar" not in ids_of(page())


def test_benchmark_of_a_plain_run_traded_freely_and_has_every_metric_of_a_distribution() -> None:
    assert document()["benchmark"]["capped_fills"] == 0
    assert document()["benchmark"]["refused_counts"] == {}
    assert "freely" not in page()
    shown = numbers_of(part_of(page(), "metrics"))
    assert all(len(shown[name]) == 2 for name in ("Skewness", "Omega ratio", "Value at risk, 99 %"))


def test_months_compound_to_the_total_return() -> None:
    months, years = [], []
    for row in part_of(page(), "months").iter("tr"):
        values = [float(data.get("value", "nan")) for data in row.iter("data")]
        if values:
            months += values[:-2]  # then the year and the benchmark's year
            years.append(values[-2])
    total = document()["metrics"]["total_return"]
    assert len(months) == 24
    assert np.prod([1 + value for value in months]) == pytest.approx(1 + total, rel=1e-12)
    assert np.prod([1 + value for value in years]) == pytest.approx(1 + total, rel=1e-12)


def test_every_trade_is_a_point_and_losers_have_another_shape() -> None:
    points = [use.get("href") for use in part_of(page(), "trade-figure").iter("use") if "%" in (use.get("x") or "")]
    returns = [trade["return_fraction"] for trade in document()["trades"]]
    assert points.count("#win") == sum(value > 0 for value in returns)
    assert points.count("#loss") == sum(value <= 0 for value in returns)


def test_captions_say_that_curves_are_thinned() -> None:
    caption = words_of(part_of(page(), "equity-figure"))
    assert "Thinned from 17,543 bars to at most 1,200 points" in caption
    for path in part_of(page(), "equity-figure").iter("path"):
        assert len(re.findall("[ML]", path.get("d", ""))) <= MOST_POINTS


def test_assumptions_data_and_identity_are_on_the_page() -> None:
    switches = {words_of(row[0]) for row in next(part_of(page(), "assumptions").iter("dl"))}
    assert switches == {name.replace("_", " ") for name in document()["assumptions"]}
    data = [element.get("value") for element in part_of(page(), "data").iter("data")]
    found = document()["data"]
    assert data == [
        str(found[name]) for name in ("received_candles", "required_candles", "warmup_bars", "missing_candles", "gaps")
    ]
    assert "2023-03-24T13:00:00Z to 2023-03-24T14:00:00Z" in words_of(part_of(page(), "data"))
    identity = part_of(page(), "identity")
    assert document()["run_id"] in words_of(identity)
    assert json.loads(words_of(next(identity.iter("pre")))) == document()["config"]


def test_figures_carry_titles_and_descriptions() -> None:
    root = as_xml(page())
    names = {element.get("id"): words_of(element) for element in root.iter() if element.get("id")}
    figures = [svg for svg in root.iter("svg") if svg.get("role") == "img"]
    assert len(figures) == 5
    for svg in figures:
        for name in (svg.get("aria-labelledby") or "").split():
            assert names[name]
    for region in root.iter("div"):
        if region.get("class") == "scroll":
            assert region.get("aria-label")
            assert region.get("tabindex") == "0"


def _written(value: float | None) -> str:
    return "–" if value is None else repr(value)
