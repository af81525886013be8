"""Candles: the rows of one symbol on the grid of a timeframe."""

from __future__ import annotations

from candlecloud.market.candle import PRICE_COLUMNS, Candle, candle_fault
from candlecloud.market.dataset import Column, Dataset
from candlecloud.market.series import Series


def _close_time(candle: Candle, series: Series) -> int:
    return series.timeframe.close_time(candle.open_time)


CANDLES = Dataset(
    name="candles",
    description="Prices and volume of one interval of a timeframe.",
    prefix="candles",
    schema_id="candle/1",
    series=Series,
    row=Candle,
    key="open_time",
    values=(
        *(Column(name, "float") for name in PRICE_COLUMNS),
        Column("volume_base", "float", nullable=True),
        Column("volume_quote", "float", nullable=True),
        Column("trades", "int", nullable=True),
    ),
    known_at="close_time",
    when_known=_close_time,
    fault=candle_fault,
    prices=PRICE_COLUMNS,
    qualifier="",  # candles were first; their ids stand alone
)
