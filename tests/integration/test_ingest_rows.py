"""Rows: what went in through the replay exchange is what DuckDB reads from the lake, value for value."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from candlecloud.jobs import ingest_candles
from candlecloud.market.datasets.candles import CANDLES
from candlecloud.market.series import Series
from candlecloud.store import keys
from candlecloud.store.stores import Stores
from infra.local.replay import ReplayExchange
from infra.local.replay.clock import parse_time
from tests.support.contexts import context
from tests.support.ingestion import RECORDED, SkippingTime, client

_VALUES = ("open", "high", "low", "close", "volume_base", "volume_quote")


def lake_files(stores: Stores, series: Series, folder: Path) -> str:
    """Copy the objects of a series to a folder as they lie; gives DuckDB's name for all of them."""
    for key, _ in stores.objects.list(keys.data_prefix(CANDLES, series)):
        found = stores.objects.get(key)
        assert found is not None
        path = folder / key
        path.parent.mkdir(parents=True)
        path.write_bytes(found.body)
    return f"{folder}/candles/**/*.parquet"


@pytest.mark.parametrize(
    ("series_id", "file", "start", "end", "known"),
    [
        ("binance/BTC-USDT/1h", "binance_spot_BTCUSDT_1h", "2022-08-01", "2025-08-01", ("volume_quote", "trades")),
        (
            "binance/NEAR-USDT_USDT/1m",
            "binance_usdm_NEARUSDT_1m",
            "2023-08-01",
            "2023-08-15",
            ("volume_quote", "trades"),
        ),
        ("binance/ETH-USDT/1m", "binance_spot_ETHUSDT_1m", "2025-07-25", "2025-08-05", ()),
        ("kraken/BTC-USD/1h", "kraken_spot_XBTUSD_1h", "2018-11-05", "2018-11-30", ("trades",)),
        ("kucoin/BTC-USDT/1h", "kucoin_spot_BTC-USDT_1h", "2024-08-01", "2025-08-01", ()),
    ],
)
def test_the_lake_holds_what_was_recorded(
    series_id: str,
    file: str,
    start: str,
    end: str,
    known: tuple[str, ...],
    stores: Stores,
    market: ReplayExchange,
    tmp_path: Path,
) -> None:
    series, waits = Series.parse(series_id), SkippingTime()
    market.set_clock(parse_time(end) + 60_000)
    exchange = client(market, series.exchange, waits)
    request = ingest_candles.Request(series, parse_time(start), parse_time(end))
    report = ingest_candles.ingest(request, context(stores, exchange, clock=waits.clock))
    exchange.close()
    assert report.complete
    assert report.adds_up()

    columns = [name for name in ("open_time", *_VALUES, "trades") if name in ("open_time", *_VALUES[:5], *known)]
    exact = ", ".join(f"CAST({name} AS DOUBLE) AS {name}" if name in _VALUES else name for name in columns)
    recorded = (
        f"SELECT {exact} FROM '{RECORDED / file}.parquet' "
        f"WHERE open_time >= {parse_time(start)} AND open_time < {parse_time(end)}"
    )
    stored = (
        f"SELECT epoch_ms(open_time) AS open_time, {', '.join(columns[1:])} "
        f"FROM '{lake_files(stores, series, tmp_path)}'"
    )
    with duckdb.connect() as db:
        rows, times = db.sql(f"SELECT count(*), count(DISTINCT open_time) FROM ({stored})").fetchall()[0]
        lost = db.sql(f"({recorded}) EXCEPT ({stored})").fetchall()
        strange = db.sql(f"({stored}) EXCEPT ({recorded})").fetchall()
        wanted = db.sql(f"SELECT count(*) FROM ({recorded})").fetchall()[0][0]
        invented = db.sql(
            f"SELECT count(volume_quote), count(trades), count(superseded_at), count(DISTINCT source) "
            f"FROM '{tmp_path}/candles/**/*.parquet'"
        ).fetchall()[0]
    assert (lost[:3], strange[:3]) == ([], [])
    assert rows == times == wanted == report.added > 500
    # What the exchange does not say is null, and nothing was superseded.
    assert invented == (rows if "volume_quote" in known else 0, rows if "trades" in known else 0, 0, 1)
