"""Tear sheets of runs that are short, ruined, empty, hostile, huge or half told."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candlecloud.tearsheet.page import render
from tests.support.pages import as_html, as_xml, numbers_of, part_of, words_of
from tests.support.run_documents import HOUR, START, small_document, trade

HOSTILE = "</title></style><script>alert(1)</script><img src=x onerror='x'>\"'&amp;\x00\x1b\u202e\ud800"


def checked(document: dict[str, Any]) -> str:
    """The page, after the checks that every page has to pass."""
    page = render(document)
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
    checked(small_document(equity))


def test_log_scale_only_where_the_range_is_big_and_above_zero() -> None:
    wide = checked(small_document([100.0, 250.0, 900.0]))
    assert "logarithmic scale" in words_of(part_of(wide, "equity-figure"))
    narrow = checked(small_document([100.0, 101.0, 102.0]))
    assert "linear scale" in words_of(part_of(narrow, "equity-figure"))
    ruined = checked(small_document([100.0, 900.0, -5.0]))
    assert "has no logarithm, so the scale is linear" in words_of(part_of(ruined, "equity-figure"))
    assert "Ruined. Equity reached zero or less on 2023-01-01" in words_of(next(as_xml(ruined).iter("header")))


def test_short_run_says_what_it_leaves_out() -> None:
    page = checked(small_document([100.0, 101.0]))
    assert "needs a run of at least 90 days" in words_of(part_of(page, "rolling"))
    assert "bars in which equity moved: 1, needed: 20" in words_of(part_of(page, "distribution"))
    assert "No trade was closed." in words_of(part_of(page, "trades"))
    assert numbers_of(part_of(page, "months")) == {"2023": [repr(101.0 / 100.0 - 1.0)] * 3}


def test_run_without_loss_has_no_drawdown() -> None:
    page = checked(small_document([101.0, 102.0, 103.0]))
    assert "There was none." in words_of(part_of(page, "drawdown-figure"))


def test_document_without_anything_has_a_page() -> None:
    page = checked({})
    assert "There is no total return to judge." in page
    assert words_of(part_of(page, "metrics")).endswith("The result holds no metrics.")


@pytest.mark.parametrize(
    "nothing", [None, math.nan, math.inf, 1e308, 10**400, "x", [], {}, True, -1], ids=lambda value: str(value)[:9]
)
def test_nothing_in_any_place_breaks_the_page(nothing: object) -> None:
    whole = small_document([100.0, 90.0, 110.0], trades=[trade(0.1, 7200)])
    for name in whole:
        checked(whole | {name: nothing})
    for name in ("config", "data", "metrics", "benchmark", "curves"):
        checked(whole | {name: dict.fromkeys(whole[name], nothing)})
    checked(whole | {"trades": [dict.fromkeys(whole["trades"][0], nothing)]})


def test_holes_in_the_curves_stay_holes() -> None:
    document = small_document([100.0 + i for i in range(9)])
    document["curves"]["equity"][4] = None
    page = checked(document)
    strategy = [
        p.get("d", "") for p in part_of(page, "equity-figure").iter("path") if p.get("class") == "line strategy"
    ]
    assert [d.count("M") for d in strategy if "L" in d and len(d) > 20] == [2]


@pytest.mark.parametrize(
    "times",
    [[2, 1, 3], [1, 1, 2], [1, None, 3], [1, "x", 3], [-1, 2, 3], [1, 2, 10**400], [[1], [2], [3]]],
    ids=lambda times: str(times)[:14],
)
def test_times_out_of_order_or_unreadable_make_no_curve(times: list[Any]) -> None:
    document = small_document([100.0, 101.0, 102.0])
    document["curves"]["close_time"] = times
    assert "The result holds no equity curve." in words_of(part_of(checked(document), "equity"))


def test_hostile_text_is_only_text() -> None:
    document = small_document([100.0, 120.0], trades=[trade(0.2, 3600, exit_reason=HOSTILE, direction=HOSTILE)])
    document["config"] |= {"strategy": HOSTILE, "symbol": HOSTILE, "exchange": HOSTILE, "rules": {HOSTILE: [HOSTILE]}}
    document |= {
        "run_id": HOSTILE,
        "assumptions": {HOSTILE: HOSTILE},
        "conventions": {"total_return": HOSTILE, HOSTILE: HOSTILE},
        "refused_orders": [{"time": {"iso": HOSTILE, "unix_ms": START}, "reason": HOSTILE}],
        "refused_counts": {HOSTILE: 1},
        "regimes": {"trend": [{"label": HOSTILE, "bars": 1, "share": 1.0, "trades": 0, "refused": HOSTILE}]},
        "tripwire": {"passed": False, "cuts": [1], "feature": HOSTILE},
        "intrabar": {"ambiguous_exits": 1, "finer_timeframe": HOSTILE},
    }
    document["data"] |= {
        "first_gaps": [{"start": HOSTILE, "end": HOSTILE}],
        "first_open": HOSTILE,
        "last_close": HOSTILE,
    }
    page = checked(document)
    assert {tag for tag, _ in as_html(page).tags} <= {tag for tag, _ in as_html(render(_plain(document))).tags}
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "<script>alert(1)</script>" in words_of(part_of(page, "identity"))


def test_long_text_is_cut_and_the_page_says_so() -> None:
    document = small_document([100.0, 120.0])
    document["config"] |= {"strategy": "x" * 100_000, "rules": {"y" * 100_000: 1}}
    page = checked(document)
    assert len(page) < 120_000
    assert "The configuration is longer than this page shows." in page


def test_coming_parts_are_shown_with_their_numbers() -> None:
    figures = {"total_return": 0.1, "volatility": 0.2, "sharpe": 1.5, "max_drawdown": 0.05, "win_rate": None}
    document = small_document(
        [100.0, 120.0],
        relative={"alpha": 0.01, "beta": 0.5},
        regimes={
            "trend": [
                {"label": "up", "bars": 900, "share": 0.9, "trades": 12, "metrics": figures, "refused": None},
                {"label": "down", "bars": 9, "share": 0.1, "trades": 1, "metrics": None, "refused": "9 bars are few"},
            ]
        },
        intrabar={
            "ambiguous_exits": 7,
            "finer_timeframe": "1m",
            "pessimistic": {"total_return": 0.1},
            "optimistic": {"total_return": 0.2},
        },
        tripwire={"cuts": [10, 20], "passed": True},
        refused_counts={"below_min_notional": 3},
        refused_orders=[{"time": {"iso": "2023-01-01T00:00:00Z", "unix_ms": START}, "reason": "below 10 USDT"}] * 3,
        trades=[trade(0.1, 7200, funding=1.5, mae=-0.02, mfe=0.15)],
        open_position={"direction": "short", "entry_time": START, "quantity": -1.0, "value": -90.0, "pnl": 10.0},
        waiting_target=-0.5,
    )
    document["metrics"] |= {"value_at_risk_95": 0.012, "a_new_number": 3.25}
    page = checked(document)
    assert numbers_of(part_of(page, "relative")) == {"Alpha": ["0.01"], "Beta": ["0.5"]}
    assert numbers_of(part_of(page, "regimes")) == {
        "up": ["900", "0.9", "12", "0.1", "0.2", "1.5", "0.05", "–", "–"],
        "down": ["9", "0.1", "1"],
    }
    assert "9 bars are few" in words_of(part_of(page, "regimes"))
    assert numbers_of(part_of(page, "intrabar")) == {"Total return": ["0.1", "0.2"]}
    assert "1m candles were asked first" in words_of(part_of(page, "intrabar"))
    assert "at 2 cuts" in words_of(part_of(page, "tripwire"))
    assert "below min notional (3)" in words_of(part_of(page, "trades"))
    assert numbers_of(part_of(page, "metrics"))["A new number"][0] == "3.25"
    assert {"-0.02", "0.15", "1.5"} <= set(numbers_of(part_of(page, "trades"))["2023-01-01 00:00 UTC"])
    header = words_of(next(as_xml(page).iter("header")))
    assert "A short position is still open" in header
    assert "An order towards a target of −50.0 % still waited" in header


def test_switches_are_told_in_words() -> None:
    stops = {"stop_loss": 0.015, "take_profit": None, "both_in_one_bar": "the stop first"}
    switches = {"fee": {"maker_bps": 1.5, "model": "bps_of_notional", "taker_bps": 10.0}, "stops": stops, "flat": True}
    page = checked(small_document([100.0], assumptions=switches | {"cuts": [1, 2_000], "nothing": []}))
    told = [[words_of(part) for part in pair] for pair in next(part_of(page, "assumptions").iter("dl"))]
    assert told == [
        ["fee", "bps of notional; maker bps: 1.5; taker bps: 10"],
        ["stops", "stop loss: 0.015; take profit: not set; both in one bar: the stop first"],
        ["flat", "on"],
        ["cuts", "1, 2,000"],
        ["nothing", "none"],
    ]


def test_tripwire_that_was_off_claims_nothing() -> None:
    page = checked(small_document([100.0], tripwire={"on": False, "cuts": [], "passed": None}))
    assert "look-ahead was not tested" in words_of(part_of(page, "tripwire"))


def test_failed_tripwire_names_the_leak() -> None:
    page = checked(small_document([100.0], tripwire={"passed": False, "cuts": [5], "feature": "centred_mean"}))
    assert "Not passed." in words_of(part_of(page, "tripwire"))
    assert "feature: centred mean" in words_of(part_of(page, "tripwire"))


def test_marks_of_risk_stand_in_the_histogram() -> None:
    rng = np.random.default_rng(5)
    document = small_document((100.0 * np.cumprod(1 + rng.normal(0, 0.01, 400))).tolist())
    document["metrics"] |= {"value_at_risk_95": 0.016, "expected_shortfall_95": 0.02, "value_at_risk_99": None}
    section = part_of(checked(document), "distribution")
    assert [words_of(text) for text in section.iter("text") if text.get("class") == "tick mark"] == ["VaR 95", "ES 95"]
    assert "VaR 95 % at a loss of 1.60 %" in words_of(section).replace("\u00a0", " ")


def test_many_trades_are_thinned_and_counted() -> None:
    rng = np.random.default_rng(9)
    returns = rng.normal(0, 0.01, 5000).tolist()
    trades = [trade(value, int(held)) for value, held in zip(returns, rng.integers(0, 10**6, 5000), strict=True)]
    page = checked(small_document([100.0, 101.0], trades=trades))
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
    document = small_document(equity.tolist(), held.tolist())
    document["config"]["timeframe"] = "1m"
    document["curves"]["close_time"] = [START + HOUR // 60 * (i + 1) for i in range(n)]
    document["trades"] = [
        trade(float(value), 60 * (i % 5000 + 1)) for i, value in enumerate(rng.normal(0, 0.01, 20_000))
    ]
    assert len(checked(document).encode()) < 600_000


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(-1e15, -1e-9) | st.floats(1e-9, 1e15) | st.sampled_from([0.0, 100.0]), min_size=1, max_size=40),
    st.sampled_from(["1m", "1h", "1d"]),
)
def test_page_of_any_curve_is_well_formed(equity: list[float], timeframe: str) -> None:
    document = small_document(equity)
    document["config"]["timeframe"] = timeframe
    checked(document)


def _plain(value: Any) -> Any:
    """The same document with harmless text."""
    if isinstance(value, dict):
        return {_plain(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return "plain" if value == HOSTILE else value
