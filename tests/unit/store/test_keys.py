"""Every key of the lake and of the index: unique, reversible, safe, and without a time at the front."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from candlecloud.errors import InvalidParameterError
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.store import keys

VALUES = {
    "exchange": ["binance", "kraken"],
    "symbol": ["BTC-USDT", "BTC-USDT_USDT", "BTC-USD_BTC-260626-50000-C", "~E2~82~BF-USD"],
    "timeframe": ["1m", "1h"],
    "period": ["2024-01", "2024"],
    "reason": ["off_grid", "malformed"],
    "digest": ["0" * 64, "0123456789abcdef"],
    "name": ["manifest.json", "result.json"],
    "format": ["arrow", "parquet"],
    "run_id": ["a" * 64, "r-1"],
    "signals_id": ["signals_" + "0" * 32, "signals_" + "ab" * 16],
    "fence": ["1", "12"],
    "round": ["0", "19"],
    "first": ["000000000", "000000123"],
    "after": ["000000124", "000010000"],
    "series": ["binance/BTC-USDT/1m", "binance/BTC-USDT_USDT/1m", "tides:binance/BTC-USDT_USDT"],
    "shard": ["0", "7", "tides:7"],
    "state": ["open", "explained"],
    "start": ["0001704067200000"],
    "end": ["0001704153600000", "0001704153660000"],
    "time": ["0001704067200000"],
    "job": ["ingest_candles", "detect_gaps"],
    "slot": ["binance/BTC-USDT/1h#2025-08-18T18:00:00Z", "x"],
}
SERIES = Series.of("binance", "BTC/USDT:USDT", "1m")
TEMPLATES = {
    **{f"object {name}": template for name, template in keys.OBJECTS.items()},
    **{
        f"item {name} {part}": getattr(kind, part)
        for name, kind in keys.ITEMS.items()
        for part in ("pk", "sk", "gsi1pk", "gsi1sk")
        if getattr(kind, part) is not None
    },
}


def _fields(template: keys.Template) -> list[str]:
    return template.fields


def _make(template: keys.Template, fields: dict[str, str]) -> str:
    return template.make(**{name: fields[name] for name in _fields(template)})


def _combinations(names: list[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = [{}]
    for name in names:
        found = [one | {name: value} for one in found for value in VALUES[name]]
    return found


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_is_reversible(name: str) -> None:
    template = TEMPLATES[name]
    for fields in _combinations(_fields(template)):
        assert template.parse(template.make(**fields)) == fields


def test_object_keys_of_different_kinds_never_meet() -> None:
    made = [
        (kind, template.make(**fields))
        for kind, template in keys.OBJECTS.items()
        for fields in _combinations(_fields(template))
    ]
    assert len({key for _, key in made}) == len(made)
    for kind, key in made:
        assert [k for k, template in keys.OBJECTS.items() if template.parse(key)] == [kind]


def test_item_keys_of_different_kinds_never_meet() -> None:
    made = [
        (name, _make(kind.pk, fields), _make(kind.sk, fields))
        for name, kind in keys.ITEMS.items()
        for fields in _combinations(list(dict.fromkeys(_fields(kind.pk) + _fields(kind.sk))))
    ]
    assert len({(pk, sk) for _, pk, sk in made}) == len(made)
    for name, pk, sk in made:
        assert [n for n, kind in keys.ITEMS.items() if kind.parse(pk, sk) is not None] == [name]
        found = keys.kind_of(pk, sk)
        assert found is not None
        assert found[0] == name


def test_no_partition_begins_with_a_time() -> None:
    for kind in keys.ITEMS.values():
        for template in (kind.pk, kind.gsi1pk):
            if template is not None:
                assert not {"time", "start", "end", "period"} & set(_fields(template)), template.text


def test_no_item_is_per_candle() -> None:
    assert not {"open_time"} & {name for template in TEMPLATES.values() for name in _fields(template)}


def test_candle_objects_are_hive_partitions() -> None:
    key = keys.data_object(CANDLES, Series.of("binance", "BTC-USDT", "1m"), "2024-01")
    assert key == "candles/exchange=binance/symbol=BTC-USDT/timeframe=1m/period=2024-01/candles.parquet"
    assert keys.parse_data_object(CANDLES, key) == (Series.of("binance", "BTC-USDT", "1m"), "2024-01")
    assert keys.parse_data_object(CANDLES, key + ".tmp") is None
    assert keys.data_prefix(CANDLES, Series.of("binance", "BTC-USDT", "1m")) == key.partition("2024-01")[0]


CODES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="/:-_~"), min_size=1, max_size=8)


@given(base=CODES)
def test_any_symbol_survives_the_path(base: str) -> None:
    series = Series.of("kraken", f"{base}/USD", "1d")
    key = keys.data_object(CANDLES, series, "2024")
    assert keys.parse_data_object(CANDLES, key) == (series, "2024")
    assert re.fullmatch(r"[A-Za-z0-9._~=/-]+", key)


def test_gaps_sort_by_their_start() -> None:
    spans = [TimeRange(5, 9), TimeRange(5, 10), TimeRange(70, 90), TimeRange(1_704_067_200_000, 1_704_067_260_000)]
    sort_keys = [keys.gap_item(SERIES, span)[keys.SK] for span in spans]
    assert sort_keys == sorted(sort_keys)
    assert len(set(sort_keys)) == len(spans)


def test_shards_are_spread_and_fixed() -> None:
    assert keys.shard_of("binance/BTC-USDT/1m") == keys.shard_of("binance/BTC-USDT/1m")
    assert {keys.shard_of(str(i)) for i in range(200)} == set(keys.shards())


@pytest.mark.parametrize("bad", ["", "../x", "a b", "a\0b", "run#1", "x" * 81, "é", "a/b", "a\n"])
def test_a_foreign_id_makes_no_key(bad: str) -> None:
    with pytest.raises(InvalidParameterError) as raised:
        keys.run_item(bad)
    assert raised.value.details["parameter"] == "run_id"
