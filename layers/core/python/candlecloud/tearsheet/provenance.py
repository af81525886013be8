"""What the run assumed, on which data it stood, whether it looked ahead, and which run it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from candlecloud.tearsheet.formats import count, exact
from candlecloud.tearsheet.markup import Markup, join, shorten, tag
from candlecloud.tearsheet.names import label
from candlecloud.tearsheet.reading import Document, items, number, part, rows, text
from candlecloud.tearsheet.tables import definitions, note, section

_LONGEST_JSON = 40_000
_GAPS_SHOWN = 5
_GLOSSARIES = {
    "conventions": "What each number means",
    "relative_conventions": "What the figures against buy and hold mean",
    "regime_conventions": "What the numbers per regime mean",
}


def draw_assumptions(document: Document) -> Markup:
    """Every switch of the semantics and which way it stood."""
    switches = part(document, "assumptions")
    if not switches:
        return section("assumptions", "Assumptions", note("The result names no assumptions."))
    entries = {str(name).replace("_", " "): _spoken(value) for name, value in switches.items()}
    return section("assumptions", "Assumptions", definitions(entries))


def draw_data_quality(document: Document) -> Markup:
    """Candles required, received and missing, and where the gaps are."""
    data = part(document, "data")
    required, received, missing, gaps = (
        number(data.get(name)) for name in ("required_candles", "received_candles", "missing_candles", "gaps")
    )
    if required is None:
        return section("data", "Data", note("The result does not say which candles it stood on."))
    line = join(
        tag("strong", "Complete. " if missing == 0 else "Incomplete. "),
        exact(received, count(received)),
        " of ",
        exact(required, count(required)),
        " required candles received",
        _warmup(data),
        ", ",
        exact(missing, count(missing)),
        " missing in ",
        exact(gaps, count(gaps)),
        " gap." if gaps == 1 else " gaps.",
    )
    return section("data", "Data", note(line), _gaps(data, gaps))


def draw_tripwire(document: Document) -> Markup | None:
    """Whether garbage after a cut moved a decision before it."""
    tripwire = part(document, "tripwire")
    if not tripwire:
        return None
    cuts = items(tripwire, "cuts")
    if tripwire.get("on") is False:
        return section("tripwire", "Look-ahead tripwire", note("It was switched off: look-ahead was not tested."))
    if tripwire.get("passed") is True:
        words = (
            f"No look-ahead found: at {len(cuts):,} cuts, later bars were replaced by garbage, and no decision before "
            "the cut moved."
        )
        return section("tripwire", "Look-ahead tripwire", note(words))
    rest = {name: value for name, value in tripwire.items() if name not in ("on", "cuts", "passed")}
    told = f" {_spoken(rest)}." if rest else ""
    alert = note(tag("strong", "Not passed."), f" A decision moved with bars that came after it.{told}", kind="alert")
    return section("tripwire", "Look-ahead tripwire", alert)


def draw_identity(document: Document) -> Markup:
    """What to name when asking for this run again."""
    names = ("run_id", "data_revision", "code_version", "schema")
    known = {label(name): tag("code", document[name]) for name in names if text(document.get(name))}
    config = part(document, "config")
    written = json.dumps(config, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    shown = tag("pre", shorten(written, _LONGEST_JSON), tabindex="0", aria_label="Configuration") if config else None
    cut = note("The configuration is longer than this page shows.") if len(written) > _LONGEST_JSON else None
    words = note("The same configuration on the same data revision by the same code version gives the same bytes.")
    return section("identity", "Identity", definitions(known), words, shown, cut)


def draw_conventions(document: Document) -> Markup | None:
    """What each number means, visible without a mouse."""
    lists = [_glossary(heading, part(document, name)) for name, heading in _GLOSSARIES.items() if part(document, name)]
    return section("conventions", "Conventions", *lists) if lists else None


def _glossary(heading: str, conventions: Mapping[str, object]) -> Markup:
    meanings = {label(name): str(meaning) for name, meaning in conventions.items()}
    return tag("details", tag("summary", heading), definitions(meanings))


def _warmup(data: Document) -> Markup | None:
    bars = number(data.get("warmup_bars"))
    return None if bars is None else join(", ", exact(bars, count(bars)), " of them to warm up")


def _gaps(data: Document, gaps: float | None) -> Markup | None:
    listed = rows(data, "first_gaps")[:_GAPS_SHOWN]
    if not listed:
        return None
    more = int(gaps) - len(listed) if gaps is not None else 0
    told = "; ".join(f"{gap.get('start')} to {gap.get('end')}" for gap in listed)
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
    found = number(value)
    if found is not None:
        return f"{int(found):,}" if float(found).is_integer() and abs(found) < 1e15 else f"{found:g}"
    return "not set" if value is None else str(value).replace("_", " ")
