"""Tear sheets of runs that are short, ruined, empty, hostile or huge."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.contract.result_json import read_result, write_result
from candlecloud.contract.results import (
    IntrabarBand,
    LookAheadTest,
    Outcome,
    RefusedOrder,
    Regimes,
    RunResult,
    Span,
    Timestamp,
)
from candlecloud.market.instant import iso
from candlecloud.metrics.figures import RegimeFigures, Relative, RunMetrics
from candlecloud.metrics.regime_row import RegimeRow
from candlecloud.pages.tear_sheet.page import render
from candlecloud.strategies.signals.spec import NOT_TESTABLE
from tests.support.pages import as_html, as_xml, numbers_of, part_of, words_of
from tests.support.run_documents import (
    HOUR,
    START,
    configured,
    held_by,
    measured,
    refused_regime,
    short_position,
    small_result,
    trade,
)

HOSTILE = "</title></style><script>alert(1)</script><img src=x onerror='x'>\"'&amp;\x00\x1b\u202e\ud800"
HUGE = 1.7e308


def checked(result: RunResult) -> str:
    """The page, after the checks that every page has to pass."""
    page = render(result)
    as_xml(page)
    seen = as_html(page)
    assert "script" not in {tag for tag, _ in seen.tags}
    drawn = [
        value for _, attributes in seen.tags for name, value in attributes.items() if name in ("d", "x", "y", "x1")
    ]
    assert not re.search(r"nan|inf", "".join(filter(None, drawn)))
    assert not re.search(r"\b(nan|inf|None)\b", "".join(seen.words[1:]))
    page.encode()
    return page


@pytest.mark.parametrize(
    "equity",
    [
        [100.0],
        [100.0] * 500,
        [101.0, 102.0, 103.0],
        [100.0, 50.0, 0.0, 0.0],
        [100.0, 20.0, -30.0, -30.0],
        [100.0, 1e15, 1.0],
        [1e-9, 1e-8, 1e-7],
        (100.0 + np.arange(2000) % 7).tolist(),
        [100.0 + 1e-12 * i for i in range(50)],
    ],
    ids=["one bar", "constant", "no drawdown", "ruined", "in debt", "big range", "tiny", "weeks", "rounding"],
)
def test_any_curve_has_a_page(equity: list[float]) -> None:
    checked(small_result(equity))


def test_log_scale_only_where_the_range_is_big_and_above_zero() -> None:
    wide = checked(small_result([100.0, 250.0, 900.0]))
    assert "logarithmic scale" in words_of(part_of(wide, "equity-figure"))
    narrow = checked(small_result([100.0, 101.0, 102.0]))
    assert "linear scale" in words_of(part_of(narrow, "equity-figure"))
    ruined = checked(small_result([100.0, 900.0, -5.0]))
    assert "has no logarithm, so the scale is linear" in words_of(part_of(ruined, "equity-figure"))
    assert "Ruined. Equity reached zero or less on 2023-01-01" in words_of(next(as_xml(ruined).iter("header")))


def test_short_run_says_what_it_leaves_out() -> None:
    page = checked(small_result([100.0, 101.0]))
    assert "needs a run of at least 90 days" in words_of(part_of(page, "rolling"))
    assert "bars in which equity moved: 1, needed: 20" in words_of(part_of(page, "distribution"))
    assert "No trade was closed." in words_of(part_of(page, "trades"))
    assert numbers_of(part_of(page, "months")) == {"2023": [repr(101.0 / 100.0 - 1.0)] * 3}


def test_run_without_loss_has_no_drawdown() -> None:
    page = checked(small_result([101.0, 102.0, 103.0]))
    assert "There was none." in words_of(part_of(page, "drawdown-figure"))


def test_run_without_a_bar_has_a_page() -> None:
    page = checked(small_result([]))
    assert "The result holds no equity curve." in words_of(part_of(page, "equity"))
    assert "The result holds no equity curve." in words_of(part_of(page, "months"))


@pytest.mark.parametrize("value", [None, 0.0, -0.0, HUGE, -HUGE, 5e-324, -1.0], ids=repr)
def test_any_number_in_any_figure_has_a_page(value: float | None) -> None:
    result = small_result([100.0, 90.0, 110.0], trades=[trade(0.1, 7200)], open_position=short_position())
    wanted = (
        dict.fromkeys(optional_of(RunMetrics), value) if value is None else dict.fromkeys(floats_of(RunMetrics), value)
    )
    relative = replace(result.relative, **dict.fromkeys(optional_of(Relative), value))
    checked(replace(held_by(measured(result, **wanted), metrics=wanted), relative=relative, waiting_target=value))
    if value is not None:
        numbers = dict.fromkeys(("pnl", "fees", "funding", "mae", "mfe", "quantity"), value)
        checked(
            replace(
                result, trades=[trade(value, 7200, **numbers)], open_position=short_position(value=value, pnl=value)
            )
        )


def test_curves_as_large_and_as_small_as_numbers_are_have_a_page() -> None:
    checked(small_result([HUGE, HUGE, 1.0, HUGE], [1.0, HUGE, HUGE, 1.0], initial=1.0))
    checked(small_result([1e-300, 1.0, 1e-300] * 700, initial=1.0, hours=24))


def test_many_of_everything_have_a_page() -> None:
    gaps = [Span(start="2023-01-01T00:00:00Z", end="2023-01-01T01:00:00Z")] * 20
    orders = [RefusedOrder(time=Timestamp.of(START), reason="size_zero")] * 1_000
    result = small_result([100.0] * 50, refused_orders=orders, refused_counts={"size_zero": 70_000}, capped_fills=12)
    page = checked(replace(result, data=replace(result.data, gaps=1_000, first_gaps=gaps)))
    assert "and 995 more" in words_of(part_of(page, "data"))
    assert "The first 20 of 70,000 refused orders" in words_of(part_of(page, "trades"))


def test_hostile_text_is_only_text() -> None:
    def told(text: str, quote: str) -> RunResult:
        result = configured(small_result([100.0, 120.0]), symbol=f"BTC/{quote}")
        return replace(
            result,
            run_id=text,
            trades=[trade(0.2, 3600, exit_reason=text)],
            open_position=short_position(),
            assumptions={text: text, "deep": {text: [text]}},
            conventions={"total_return": text, text: text},
            refused_orders=[RefusedOrder(time=Timestamp.of(START), reason=text)],
            refused_counts={text: 1},
            regimes=Regimes(trend=[RegimeRow(text, 1, 1.0, 0, None, text)], volatility=[]),
            intrabar=IntrabarBand(
                ambiguous_exits=1, finer_timeframe=text, finer_bars=1, pessimistic=OUTCOME, optimistic=OUTCOME
            ),
            data=replace(result.data, gaps=1, first_gaps=[Span(start=text, end=text)]),
        )

    page = checked(told(HOSTILE, "<b>'&"))
    assert {tag for tag, _ in as_html(page).tags} == {tag for tag, _ in as_html(render(told("plain", "USDT"))).tags}
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "<script>alert(1)</script>" in words_of(part_of(page, "identity"))
    assert "became 120.00 <b>'&" in words_of(next(as_xml(page).iter("header")))


def test_long_configuration_is_cut_and_the_page_says_so() -> None:
    rates = [[START + 8 * HOUR * i, 0.0001] for i in range(3_000)]
    funding = {"model": "schedule", "rates": rates}
    page = checked(configured(small_result([100.0, 120.0]), symbol="BTC-USDT_USDT", funding=funding))
    assert len(page) < 120_000
    assert "The configuration is longer than this page shows." in page


OUTCOME = Outcome(final_equity=110.0, total_return=0.1, sharpe=None, max_drawdown=0.05, n_trades=3, win_rate=None)


def test_parts_are_shown_with_their_numbers() -> None:
    figures = RegimeFigures(0.1, 0.2, 1.5, 0.05, None, None)
    result = small_result(
        [100.0, 120.0],
        relative=Relative(0.02, 0.01, 0.5, None, None, None, None, None),
        regimes=Regimes(
            trend=[RegimeRow("up", 900, 0.9, 12, figures, None), replace(refused_regime("down"), trades=1)],
            volatility=[],
        ),
        intrabar=IntrabarBand(
            ambiguous_exits=7,
            finer_timeframe="1m",
            finer_bars=3,
            pessimistic=OUTCOME,
            optimistic=replace(OUTCOME, total_return=0.2),
        ),
        look_ahead_test=LookAheadTest(on=True, cuts=[Timestamp.of(START)] * 2, passed=True),
        refused_counts={"below_min_notional": 3},
        refused_orders=[RefusedOrder(time=Timestamp.of(START), reason="below_min_notional")] * 3,
        trades=[trade(0.1, 7200, funding=1.5, mae=-0.02, mfe=0.15)],
        open_position=short_position(),
        waiting_target=-0.5,
    )
    page = checked(result)
    shown = numbers_of(part_of(page, "relative"))
    assert (shown["Alpha"], shown["Beta"], shown["Correlation"]) == (["0.01"], ["0.5"], ["–"])
    assert numbers_of(part_of(page, "regimes")) == {
        "up": ["900", "0.9", "12", "0.1", "0.2", "1.5", "0.05", "–", "–"],
        "down": ["9", "0.1", "1"],
    }
    assert "9 bars are few" in words_of(part_of(page, "regimes"))
    assert numbers_of(part_of(page, "intrabar"))["Total return"] == ["0.1", "0.2"]
    assert "1m candles were asked first" in words_of(part_of(page, "intrabar"))
    assert "at 2 cuts" in words_of(part_of(page, "look-ahead-test"))
    assert "below min notional (3)" in words_of(part_of(page, "trades"))
    assert {"-0.02", "0.15", "1.5"} <= set(numbers_of(part_of(page, "trades"))["2023-01-01 00:00 UTC"])
    header = words_of(next(as_xml(page).iter("header")))
    assert "A short position is still open" in header
    assert "An order towards a target of −50.0 % still waited" in header
    assert read_result(write_result(result)) == result


def test_switches_are_told_in_words() -> None:
    stops = {"stop_loss": 0.015, "take_profit": None, "both_in_one_bar": "the stop first"}
    switches = {"fee": {"maker_bps": 1.5, "model": "bps_of_notional", "taker_bps": 10.0}, "stops": stops, "flat": True}
    page = checked(small_result([100.0], assumptions=switches | {"cuts": [1, 2_000], "nothing": []}))
    told = [[words_of(part) for part in pair] for pair in next(part_of(page, "assumptions").iter("dl"))]
    assert told == [
        ["fee", "bps of notional; maker bps: 1.5; taker bps: 10"],
        ["stops", "stop loss: 0.015; take profit: not set; both in one bar: the stop first"],
        ["flat", "on"],
        ["cuts", "1, 2,000"],
        ["nothing", "none"],
    ]


def test_look_ahead_test_that_was_off_claims_nothing() -> None:
    page = checked(small_result([100.0], look_ahead_test=LookAheadTest(on=False, cuts=[], passed=None)))
    assert "look-ahead was not tested" in words_of(part_of(page, "look-ahead-test"))


def test_own_signals_are_not_testable() -> None:
    result = small_result([100.0], look_ahead_test=LookAheadTest(on=True, cuts=[], passed=None, untested=NOT_TESTABLE))
    told = words_of(part_of(checked(result), "look-ahead-test"))
    assert "Not testable: you brought it." in told
    assert not any(word in told for word in ("No look-ahead found", "Not passed", "switched off"))


def test_failed_look_ahead_test_is_an_alert() -> None:
    page = checked(
        small_result([100.0], look_ahead_test=LookAheadTest(on=True, cuts=[Timestamp.of(START)], passed=False))
    )
    assert "Not passed." in words_of(part_of(page, "look-ahead-test"))


def test_marks_of_risk_stand_in_the_histogram() -> None:
    rng = np.random.default_rng(5)
    result = small_result((100.0 * np.cumprod(1 + rng.normal(0, 0.01, 400))).tolist())
    result = measured(result, value_at_risk_95=0.016, expected_shortfall_95=0.02)
    section = part_of(checked(result), "distribution")
    assert [words_of(text) for text in section.iter("text") if text.get("class") == "tick mark"] == ["VaR 95", "ES 95"]
    assert "VaR 95 % at a loss of 1.60 %" in words_of(section).replace("\u00a0", " ")


def test_many_trades_are_thinned_and_counted() -> None:
    rng = np.random.default_rng(9)
    returns = rng.normal(0, 0.01, 5000).tolist()
    trades = [trade(value, int(held)) for value, held in zip(returns, rng.integers(0, 10**6, 5000), strict=True)]
    page = checked(small_result([100.0, 101.0], trades=trades))
    points = [use for use in part_of(page, "trade-figure").iter("use") if "%" in (use.get("x") or "")]
    assert 500 < len(points) <= 1000
    assert f"{sum(value > 0 for value in returns):,} of 5,000 trades won" in words_of(part_of(page, "trade-figure"))
    assert "1 best and" not in page
    assert len(page.encode()) < 250_000


@pytest.mark.slow
def test_run_of_a_million_and_a_half_minutes_is_a_small_page() -> None:
    n = 1_500_000
    rng = np.random.default_rng(3)
    equity = 100.0 * np.exp(np.cumsum(rng.normal(0, 1e-3, n)))
    held = 100.0 * np.exp(np.cumsum(rng.normal(0, 1e-3, n)))
    result = configured(small_result(equity.tolist(), held.tolist()), timeframe="1m")
    times = [START + HOUR // 60 * (i + 1) for i in range(n)]
    trades = [trade(float(value), 60 * (i % 5000 + 1)) for i, value in enumerate(rng.normal(0, 0.01, 20_000))]
    curves, data = replace(result.curves, close_time=times), replace(result.data, last_close=iso(times[-1]))
    page = checked(replace(result, curves=curves, data=data, trades=trades))
    assert len(page.encode()) < 600_000


@settings(max_examples=40)
@given(
    st.lists(st.floats(-1e15, -1e-9) | st.floats(1e-9, 1e15) | st.sampled_from([0.0, 100.0]), min_size=1, max_size=40),
    st.sampled_from(["1m", "1h", "1d"]),
)
def test_page_of_any_curve_is_well_formed(equity: list[float], timeframe: str) -> None:
    checked(configured(small_result(equity), timeframe=timeframe))


def floats_of(kind: Any) -> list[str]:
    """Names of the fields that may hold any float."""
    return [field.name for field in fields(kind) if "float" in str(field.type)]


def optional_of(kind: Any) -> list[str]:
    """Names of the fields that may be None."""
    return [field.name for field in fields(kind) if "None" in str(field.type)]
