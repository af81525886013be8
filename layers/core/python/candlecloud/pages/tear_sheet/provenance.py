"""What the run assumed, on which data it stood, whether it looked ahead, and which run it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from candlecloud.contract.results import DataCoverage, RunResult
from candlecloud.pages.kit.formats import count, exact
from candlecloud.pages.kit.markup import Markup, join, shorten, tag
from candlecloud.pages.kit.names import label
from candlecloud.pages.kit.tables import definitions, note, section
from candlecloud.strategies.signals.spec import NOT_TESTABLE

_LONGEST_JSON = 40_000
_GAPS_SHOWN = 5


def draw_assumptions(result: RunResult) -> Markup:
    """Every switch of the semantics and which way it stood."""
    entries = {name.replace("_", " "): _spoken(value) for name, value in result.assumptions.items()}
    return section("assumptions", "Assumptions", definitions(entries))


def draw_data_quality(result: RunResult) -> Markup:
    """Candles required, received and missing, and where the gaps are."""
    data = result.data
    line = join(
        tag("strong", "Complete. " if data.missing_candles == 0 else "Incomplete. "),
        exact(data.received_candles, count(data.received_candles)),
        " of ",
        exact(data.required_candles, count(data.required_candles)),
        " required candles received, ",
        exact(data.warmup_bars, count(data.warmup_bars)),
        " of them to warm up, ",
        exact(data.missing_candles, count(data.missing_candles)),
        " missing in ",
        exact(data.gaps, count(data.gaps)),
        " gap." if data.gaps == 1 else " gaps.",
    )
    return section("data", "Data", note(line), _gaps(data))


def draw_look_ahead_test(result: RunResult) -> Markup:
    """Whether garbage after a cut moved a decision before it."""
    test = result.look_ahead_test
    if test.untested == NOT_TESTABLE:
        told = (
            tag("strong", f"{NOT_TESTABLE.capitalize()}."),
            " The targets of this run come from a file. How they were computed is not known here, so nothing shows "
            "whether they knew bars after their own.",
        )
        return section("look-ahead-test", "Look-ahead test", note(*told, kind="alert"))
    if not test.on:
        return section("look-ahead-test", "Look-ahead test", note("It was switched off: look-ahead was not tested."))
    if test.passed:
        words = (
            f"No look-ahead found: at {len(test.cuts):,} cuts, later bars were replaced by garbage, and no decision "
            "before the cut moved."
        )
        return section("look-ahead-test", "Look-ahead test", note(words))
    alert = note(tag("strong", "Not passed."), " A decision moved with bars that came after it.", kind="alert")
    return section("look-ahead-test", "Look-ahead test", alert)


def draw_identity(result: RunResult) -> Markup:
    """What to name when asking for this run again."""
    known = {
        label(name): tag("code", getattr(result, name))
        for name in ("run_id", "data_revision", "code_version", "schema")
    }
    config = json.dumps(result.config.identity_dict(), indent=2, sort_keys=True, ensure_ascii=False)
    shown = tag("pre", shorten(config, _LONGEST_JSON), tabindex="0", aria_label="Configuration")
    cut = note("The configuration is longer than this page shows.") if len(config) > _LONGEST_JSON else None
    words = note("The same configuration on the same data revision by the same code version gives the same bytes.")
    return section("identity", "Identity", definitions(known), words, shown, cut)


def draw_conventions(result: RunResult) -> Markup:
    """What each number means, visible without a mouse."""
    return section(
        "conventions",
        "Conventions",
        _glossary("What each number means", result.conventions),
        _glossary("What the figures against buy and hold mean", result.relative_conventions),
        _glossary("What the numbers per regime mean", result.regime_conventions),
    )


def _glossary(heading: str, conventions: Mapping[str, str]) -> Markup:
    meanings = {label(name): meaning for name, meaning in conventions.items()}
    return tag("details", tag("summary", heading), definitions(meanings))


def _gaps(data: DataCoverage) -> Markup | None:
    listed = data.first_gaps[:_GAPS_SHOWN]
    if not listed:
        return None
    more = data.gaps - len(listed)
    told = "; ".join(f"{gap.start} to {gap.end}" for gap in listed)
    return note("No bar: ", told, f"; and {more:,} more." if more > 0 else ".")


def _spoken(value: object) -> str:
    """A value of any JSON form in words."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Mapping):
        told = [f"{str(name).replace('_', ' ')}: {_spoken(inner)}" for name, inner in value.items() if name != "model"]
        return "; ".join([_spoken(value["model"]), *told] if "model" in value else told)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_spoken, value)) or "none"
    if isinstance(value, int | float):
        return f"{int(value):,}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:g}"
    return "not set" if value is None else str(value).replace("_", " ")
