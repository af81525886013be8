"""What the tear sheet has to admit: extrapolated rates, costs left out, doubt inside bars, a hampered benchmark."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from candlecloud.contract.results import IntrabarBand, Outcome, RunResult
from candlecloud.pages.tear_sheet.page import render
from tests.support.pages import as_xml, cells_of, ids_of, numbers_of, part_of, words_of
from tests.support.run_documents import configured, held_by, measured, short_position, small_result, trade

PERPETUAL = "BTC-USDT_USDT"
STOPS = {"stop_loss": None, "take_profit": None, "trailing_stop": None}
FIGURES = Outcome(final_equity=110.0, total_return=0.1, sharpe=None, max_drawdown=0.0, n_trades=3, win_rate=None)


def header_of(result: RunResult) -> str:
    return words_of(next(as_xml(render(result)).iter("header")))


def tiles_of(result: RunResult) -> dict[str, str]:
    tiles = next(as_xml(render(result)).iter("dl"))
    return {words_of(tile[0]): " ".join(map(words_of, tile[1:])) for tile in tiles}


def run_of_days(days: int, **data: Any) -> RunResult:
    figures = {"cagr": 0.725, "calmar": 3.0}
    result = configured(small_result([101.0 + bar for bar in range(days)], hours=24), timeframe="1d")
    result = held_by(measured(result, **figures), metrics=figures)
    return replace(result, data=replace(result.data, **data))


def test_yearly_rate_of_twenty_days_is_no_headline_and_says_what_it_is_in_the_table() -> None:
    result = run_of_days(20)
    assert tiles_of(result)["Return per year (CAGR)"] == "– Needs a year; this run has 20 days"
    assert "72.5" not in header_of(result)
    shown = numbers_of(part_of(render(result), "metrics"))
    assert shown["Return per year (CAGR), annualised from 20 days"] == ["0.725", "0.725"]
    assert shown["Calmar ratio, annualised from 20 days"] == ["3.0", "3.0"]
    assert "Sharpe ratio" in shown


@pytest.mark.parametrize(("days", "is_short"), [(1, True), (364, True), (365, False), (366, False)])
def test_a_year_has_365_days(days: int, is_short: bool) -> None:
    result = run_of_days(days)
    assert ("Needs a year" in header_of(result)) == is_short
    assert ("+72.5 %" in tiles_of(result)["Return per year (CAGR)"].replace("\u00a0", " ")) != is_short
    assert ("annualised from" in render(result)) == is_short


def test_length_of_the_run_is_that_of_its_data_whatever_its_curves() -> None:
    missing_its_first_hour = {"first_open": "2023-01-01T01:00:00Z", "last_close": "2024-01-01T00:00:00Z"}
    assert "Needs a year" not in header_of(run_of_days(20, **missing_its_first_hour))
    half = header_of(run_of_days(400, first_open="2023-01-01T00:00:00Z", last_close="2023-07-02T00:00:00Z"))
    assert "2023-01-01 to 2023-07-02 (182 days)" in half
    assert "Needs a year; this run has 182 days" in half


@pytest.mark.parametrize(
    ("symbol", "quote"),
    [
        ("BTC-USDT", "USDT"),
        ("BTC-USDT_USDT", "USDT"),
        ("BTC/USDT:USDT", "USDT"),
        ("BTC-USD_BTC", "USD"),
        ("BTC-USD_BTC-260626", "USD"),
        ("BTC-USD_BTC-260626-50000-C", "USD"),
        ("1000SHIB-~E4~BA~BA", "人"),
    ],
)
def test_money_is_in_the_quote_currency_whatever_the_market(symbol: str, quote: str) -> None:
    result = configured(small_result([100.0, 110.0]), symbol=symbol, **funding_of(symbol))
    assert f"100.00 became 110.00 {quote}" in next(
        words_of(span) for span in as_xml(render(result)).iter("span") if "became" in words_of(span)
    )
    caption = words_of(part_of(render(result), "equity-figure"))
    assert f"at each bar's close, {quote}, linear" in caption


def intrabar(exits: int, stopped: Outcome | None, reached: Outcome | None) -> IntrabarBand:
    return IntrabarBand(
        ambiguous_exits=exits, finer_timeframe=None, finer_bars=0, pessimistic=stopped, optimistic=reached
    )


@pytest.mark.parametrize("stops", [STOPS, STOPS | {"stop_loss": 0.1}, STOPS | {"take_profit": 0.1}])
def test_run_whose_stop_and_target_cannot_meet_has_nothing_to_say_of_the_inside_of_bars(stops: dict[str, Any]) -> None:
    result = configured(small_result([100.0], intrabar=intrabar(0, None, None)), stops=stops)
    assert "intrabar" not in ids_of(render(result))


def test_stop_counts_and_target_first_is_the_other_outcome_not_the_better_one() -> None:
    result = small_result([100.0], intrabar=intrabar(1, FIGURES, replace(FIGURES, total_return=0.05)))
    section = part_of(render(result), "intrabar")
    assert cells_of(section)[0] == ["Metric", "Stop first (counts)", "Target first"]
    shown = numbers_of(section)
    assert (shown["Total return"], shown["Final equity"]) == (["0.1", "0.05"], ["110.0", "110.0"])
    words = words_of(section)
    assert "1 exit fell into a bar that touched both stop and target" in words
    assert "the stop counts" in words
    assert "need not be the lower one" in words
    for claim in ("worse", "better", "essimis", "ptimis"):
        assert claim not in words


def test_run_whose_stop_and_target_never_met_says_so_without_a_band() -> None:
    section = part_of(render(small_result([100.0], intrabar=intrabar(0, FIGURES, FIGURES))), "intrabar")
    assert "No bar left it open which of stop and target came first." in words_of(section)
    assert numbers_of(section) == {}


def test_trailing_stop_admits_what_it_does_not_see() -> None:
    result = configured(small_result([100.0]), stops=STOPS | {"trailing_stop": 0.03})
    words = words_of(part_of(render(result), "intrabar"))
    assert "follows the best price of the bars before" in words
    assert "counts as not stopped there" in words
    assert "came first" not in words


def test_trailing_stop_beside_a_target_has_both_remarks() -> None:
    stops = STOPS | {"trailing_stop": 0.03, "take_profit": 0.1}
    result = configured(small_result([100.0], intrabar=intrabar(2, FIGURES, FIGURES)), stops=stops)
    words = words_of(part_of(render(result), "intrabar"))
    assert "2 exits fell into" in words
    assert "counts as not stopped there" in words


def test_ignored_funding_is_a_warning_at_the_top() -> None:
    result = small_result([100.0, 110.0])
    ignored = configured(result, symbol=PERPETUAL, funding={"model": "ignored"})
    assert "Funding is ignored." in alerts_of(ignored)
    assert alerts_of(configured(result, symbol=PERPETUAL, funding={"model": "fixed_rate"})) == ""
    assert alerts_of(result) == ""


SHORT, LONG = trade(0.1, 7200, direction="short"), trade(0.1, 7200)


@pytest.mark.parametrize(
    ("parts", "symbol", "told"),
    [
        ({"trades": [SHORT, LONG, SHORT]}, "BTC-USDT", "2 of 3 trades were short"),
        ({"trades": [SHORT]}, "BTC/USDT", "1 of 1 trade was short"),
        ({"open_position": short_position()}, "BTC-USDT", "The open position was short"),
        ({"trades": [LONG]}, "BTC-USDT", None),
        ({"trades": [SHORT]}, PERPETUAL, None),
        ({"trades": [SHORT]}, "BTC-USD_BTC-260626", None),
    ],
)
def test_shorts_on_spot_that_paid_no_interest_are_a_warning_at_the_top(
    parts: dict[str, Any], symbol: str, told: str | None
) -> None:
    alerts = alerts_of(configured(small_result([100.0, 110.0], **parts), symbol=symbol, **funding_of(symbol)))
    assert ("Shorts paid no interest." in alerts) == (told is not None)
    assert told is None or told in alerts


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"capped_fills": 37, "refused_counts": {}}, "it had 37 fills capped by the bar's volume. "),
        ({"capped_fills": 0, "refused_counts": {"below_min_notional": 1}}, "orders refused: below min notional (1). "),
        (
            {"capped_fills": 1, "refused_counts": {"below_lot_step": 2}},
            "1 fill capped by the bar's volume and orders refused: below lot step (2). ",
        ),
    ],
)
def test_benchmark_that_could_not_trade_freely_qualifies_the_verdict(found: dict[str, Any], told: str) -> None:
    result = held_by(small_result([100.0, 110.0], [100.0, 101.0]), **found)
    assert "Beat buy-and-hold." in verdict_of(result)
    assert "Buy and hold could not trade freely: see the warning below." in verdict_of(result)
    assert told in alerts_of(result)


def test_benchmark_that_traded_freely_needs_no_word() -> None:
    assert "freely" not in render(small_result([100.0, 110.0], [100.0, 101.0]))


def test_worst_warning_comes_first() -> None:
    result = held_by(small_result([100.0, -5.0], trades=[SHORT]), capped_fills=1)
    alerts = alerts_of(result)
    assert alerts.index("Ruined.") < alerts.index("Buy and hold") < alerts.index("Shorts paid")


@pytest.mark.parametrize(
    ("timeframe", "trend", "window", "lookback"),
    [
        ("1h", "200 bars (8.3 days)", "24 bars (24 h)", "720 bars (30 days)"),
        ("1m", "200 bars (3.3 h)", "24 bars (24 min)", "720 bars (12 h)"),
        ("1d", "200 bars (200 days)", "24 bars (24 days)", "720 bars (720 days)"),
    ],
)
def test_captions_of_regimes_say_what_the_labels_mean(timeframe: str, trend: str, window: str, lookback: str) -> None:
    captions = captions_of(configured(small_result([100.0]), timeframe=timeframe))
    assert captions == [
        f"By trend Up: the close lies more than 2 % above the mean close of the last {trend}. "
        "Down: more than 2 % below it. Flat: between.",
        f"By volatility The volatility of the last {window} is ranked among its own values at the last {lookback}. "
        "Low: a rank below 25 %. High: above 75 %. Normal: between.",
    ]


def funding_of(symbol: str) -> dict[str, Any]:
    """What a perpetual needs in a configuration."""
    return {"funding": {"model": "fixed_rate"}} if symbol.endswith(("_USDT", ":USDT", "USD_BTC")) else {}


def verdict_of(result: RunResult) -> str:
    return paragraphs_of(result, "verdict")


def alerts_of(result: RunResult) -> str:
    return paragraphs_of(result, "alert")


def paragraphs_of(result: RunResult, kind: str) -> str:
    header = next(as_xml(render(result)).iter("header"))
    return " ".join(words_of(p) for p in header.iter("p") if p.get("class") == kind)


def captions_of(result: RunResult) -> list[str]:
    section = part_of(render(result), "regimes")
    return [words_of(caption) for caption in section.iter("caption")]
