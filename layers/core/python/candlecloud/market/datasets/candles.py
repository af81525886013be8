"""Candles: the rows of one symbol on the grid of a timeframe."""

from __future__ import annotations

from candlecloud.market.candle import PRICE_COLUMNS, Candle, candle_fault
from candlecloud.market.dataset import Column, Dataset
from candlecloud.market.series import Series

_NULL = "null: the exchange does not say"


def _close_time(candle: Candle, series: Series) -> int:
    return series.timeframe.close_time(candle.open_time)


CANDLES = Dataset(
    name="candles",
    description="Prices and volume of one interval of a timeframe.",
    prefix="candles",
    schema_id="candle/1",
    series=Series,
    row=Candle,
    key_time=Column("open_time", "time", "start of the candle's half-open interval"),
    values=(
        Column("open", "float", "first price, quote asset per base asset"),
        Column("high", "float", "highest price"),
        Column("low", "float", "lowest price"),
        Column("close", "float", "last price"),
        Column("volume_base", "float", f"traded volume in the base asset; {_NULL}", nullable=True),
        Column("volume_quote", "float", f"traded volume in the quote asset; {_NULL}", nullable=True),
        Column("trades", "int", f"number of trades; {_NULL}", nullable=True),
    ),
    available=Column(
        "close_time", "time", "its end: `open_time` + timeframe; a strategy may know the candle from here on"
    ),
    when_available=_close_time,
    fault=candle_fault,
    prices=PRICE_COLUMNS,
    qualifier="",  # candles were first; their ids stand alone
)
