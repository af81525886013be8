"""The glossary is complete for the words that the code's contracts use, sorted, and gives each word one meaning."""

from __future__ import annotations

import re
from pathlib import Path

from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.rows import schema_of

ROOT = Path(__file__).parents[3]
GLOSSARY = ROOT / "docs" / "glossary.md"
ROW = re.compile(r"^\| (?P<words>[^|]+) \| (?P<meaning>[^|]+) \|$", re.MULTILINE)
# The words of the design's table, and those that S3 prefixes and HTTP paths carry.
REQUIRED = (
    *("candle", "bar", "available_at", "ingested_at", "superseded_at", "series", "timeframe", "symbol", "period"),
    *(
        "volume_base",
        "volume_quote",
        "gap",
        "quarantine",
        "slot",
        "backfill",
        "revision",
        "lease",
    ),
    *("order", "fill", "position", "trade", "drawdown", "run", "sweep", "batch", "artifact", "manifest"),
    *("run spec", "execution settings", "data requirements", "identity payload", "runtime", "app context"),
)


def entries() -> list[str]:
    rows = [m["words"] for m in ROW.finditer(GLOSSARY.read_text())][1:]
    return [word.strip("` ") for row in rows for word in row.split(",")]


def test_every_required_word_is_explained_once() -> None:
    words = entries()
    assert [word for word in REQUIRED if words.count(word) != 1] == []


def test_every_word_is_used_outside_the_glossary() -> None:
    """It explains what exists, and nothing that is only planned."""
    files = [*ROOT.glob("layers/core/python/candlecloud/**/*.py"), *ROOT.glob("infra/**/*.py"), *ROOT.glob("docs/*.md")]
    text = " ".join(path.read_text().lower() for path in files if path != GLOSSARY)
    squeezed = re.sub(r"[\s_-]+", "", text)
    assert [word for word in entries() if re.sub(r"[\s_-]+", "", word.lower()) not in squeezed] == []


def test_words_are_sorted_so_that_a_reader_finds_them() -> None:
    firsts = [m["words"].strip("` ").split(",")[0].strip("`").lower() for m in ROW.finditer(GLOSSARY.read_text())][1:]
    assert firsts == sorted(firsts)


def test_time_columns_of_the_lake_have_an_entry_or_are_plain() -> None:
    assert {"ingested_at", "superseded_at", "volume_base", "volume_quote"} <= set(entries()) & set(
        schema_of(CANDLES).names
    )
