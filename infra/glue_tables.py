"""Which Glue tables there are, as data: every dataset has its own. Imports no CDK.

A projected date has one format, so a dataset whose period follows the timeframe (a month below one hour, a year from
there up) has two over the same objects, each true for its timeframes: ``candles_by_month`` and ``candles_by_year``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from candlecloud.catalogue import EXCHANGES
from candlecloud.market.dataset import Dataset
from candlecloud.market.datasets import DATASETS
from candlecloud.market.period import Period
from candlecloud.market.timeframe import TIMEFRAMES, Timeframe
from candlecloud.store.keys import data_template

FIRST_YEAR = 2011
"""Before any row of an exchange that we know."""
_DATES: dict[Period, dict[str, str]] = {
    "month": {"format": "yyyy-MM", "range": f"{FIRST_YEAR}-01,NOW", "interval.unit": "MONTHS"},
    "year": {"format": "yyyy", "range": f"{FIRST_YEAR},NOW", "interval.unit": "YEARS"},
}
ATHENA_TYPES = {"float": "double", "int": "bigint", "text": "string", "time": "timestamp"}


class GlueTable(NamedTuple):
    """One table: all objects of a dataset, or those of some timeframes."""

    name: str
    dataset: Dataset[Any, Any]
    unit: Period
    timeframes: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        named = self.dataset.name.replace("_", " ").capitalize()
        of_these = f" of {', '.join(self.timeframes)}" if self.timeframes else ""
        return (
            f"{named}{of_these}, one object per series and {self.unit}. superseded_at is null gives the current view."
        )


def glue_tables() -> Iterator[GlueTable]:
    """The tables of every dataset."""
    for dataset in DATASETS.values():
        if "timeframe" not in dataset.series.PARTS:
            assert dataset.period is not None
            yield GlueTable(dataset.name, dataset, dataset.period)
        else:
            for unit in _DATES:
                lengths = tuple(name for name in TIMEFRAMES if (dataset.period or Timeframe(name).period) == unit)
                if lengths:
                    yield GlueTable(f"{dataset.name}_by_{unit}", dataset, unit, lengths)


def projection(table: GlueTable, bucket: str) -> dict[str, str]:
    """The symbol is injected (a query must name it); the rest is enumerated or counted."""
    layout, _ = data_template(table.dataset).text.replace("{", "${").rsplit("/", 1)
    timeframes = {
        "projection.timeframe.type": "enum",
        "projection.timeframe.values": ",".join(table.timeframes),
    }
    return {
        "classification": "parquet",
        "EXTERNAL": "TRUE",
        "projection.enabled": "true",
        "projection.exchange.type": "enum",
        "projection.exchange.values": ",".join(EXCHANGES),
        "projection.symbol.type": "injected",
        **(timeframes if table.timeframes else {}),
        "projection.period.type": "date",
        "projection.period.interval": "1",
        **{f"projection.period.{name}": value for name, value in _DATES[table.unit].items()},
        "storage.location.template": f"s3://{bucket}/{layout}/",
    }
