"""docs/data_dictionary.md says what is really stored: columns, footers, keys and attributes."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from candlecloud.market.datasets import DATASETS
from candlecloud.market.gap import Gap
from candlecloud.market.ranges import TimeRange
from candlecloud.store import keys
from candlecloud.store.parquet import FOOTER_KEYS
from candlecloud.store.run_record import NewRun
from candlecloud.store.stores import Stores
from tests.support.candles import BTC_1H, HOUR, JAN_2024, make_table

PAGE = (Path(__file__).parents[2] / "docs" / "data_dictionary.md").read_text()
HASH = "ab" * 32


def rows(heading: str) -> list[list[str]]:
    """Cells of the first table under a heading."""
    after = re.split(rf"^#+ {re.escape(heading)}.*\n", PAGE, maxsplit=1, flags=re.M)[1]
    lines = re.search(r"^\|.*\n\|[-|]+\n((?:\|.*\n)+)", after, flags=re.M)
    assert lines is not None, heading
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1].splitlines()]


def test_footer() -> None:
    assert [row[0].strip("`| ") for row in rows("Footer")] == list(FOOTER_KEYS)


def test_objects() -> None:
    assert {row[0].strip("| "): row[1].strip("`") for row in rows("S3 prefixes")} == {
        name: template.text for name, template in keys.OBJECTS.items() if name not in DATASETS
    }


def test_item_keys() -> None:
    table = re.search(r"^\| item .*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, flags=re.M)
    assert table is not None
    documented = {}
    for line in table[1].splitlines():
        name, *cells = (cell.strip(" `") for cell in line.strip("|").split("|"))
        documented[name] = tuple(cells)
    parts = ("pk", "sk", "gsi1pk", "gsi1sk")
    assert documented == {
        name: tuple(getattr(getattr(kind, part), "text", "") for part in parts) for name, kind in keys.ITEMS.items()
    }


@pytest.mark.parametrize("kind", keys.ITEMS)
def test_item_attributes(stores: Stores, kind: str) -> None:
    documented = {name for row in rows(kind + ":") for name in re.findall(r"`(\w+)`", row[0])}
    assert _stored_attributes(stores)[kind] - {keys.PK, keys.SK, keys.GSI1_PK, keys.GSI1_SK} == documented


def _stored_attributes(stores: Stores) -> dict[str, set[str]]:
    """Attributes of every item after every kind of write was done once."""
    now = JAN_2024
    stores.candles.merge(BTC_1H, make_table(BTC_1H, [JAN_2024]), now)
    stores.index.set_listed_from(BTC_1H, now, now)
    stores.ingestion.put_cursor(BTC_1H, {"next": 1}, now)
    span = TimeRange(JAN_2024, JAN_2024 + HOUR)
    stores.gaps.put(Gap(BTC_1H, span, "explained", "absent_at_exchange", now, now, {}))
    stores.ingestion.claim_slot("ingest_candles", "x", now, 1)
    stores.ingestion.finish_slot("ingest_candles", "x", now)
    stores.ingestion.record_failure("ingest_candles", now, "x")
    stores.ingestion.record_success("ingest_candles", now, {})
    stores.ingestion.record_exchange_fault("binance", "rate_limited", now, {})
    stores.tokens.mint("x", ["read"], now)
    stores.idempotency.complete(stores.idempotency.claim(HASH, "b", now), 200, {}, b"x")
    for run_id in ("good", "bad"):
        opened = stores.runs.open(NewRun(run_id, "backtest", {}, {}, {}, "c0ffee"), now).record
        held = stores.runs.claim(run_id, opened.attempt, "me", now, now)
        assert held is not None
        if run_id == "good":
            stores.runs.finish(held, now, summary={}, result_key="k")
        else:
            stores.runs.fail(held, {}, now)
    found: dict[str, set[str]] = defaultdict(set)
    table = stores.index._table
    for item in table._client.scan(TableName=table.name)["Items"]:
        kind = keys.kind_of(item["pk"]["S"], item["sk"]["S"])
        assert kind is not None
        found[kind[0]] |= set(item)
    return found
