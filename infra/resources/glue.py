"""The lake as Athena sees it: Glue tables whose partitions are computed, never crawled or registered.

Every dataset has a table. A projected date has one format, so a dataset whose period follows the timeframe (a month
below one hour, a year from there up) has two over the same objects, each true for its timeframes:
``candles_by_month`` and ``candles_by_year``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from constructs import Construct

from candlecloud.catalogue import EXCHANGES
from candlecloud.market.dataset import Dataset
from candlecloud.market.datasets import DATASETS
from candlecloud.market.period import Period
from candlecloud.market.timeframe import TIMEFRAMES, Timeframe
from candlecloud.store.keys import data_template
from infra.resources.names import Names

FIRST_YEAR = 2011
"""Before any row of an exchange that we know."""
_DATES: dict[Period, dict[str, str]] = {
    "month": {"format": "yyyy-MM", "range": f"{FIRST_YEAR}-01,NOW", "interval.unit": "MONTHS"},
    "year": {"format": "yyyy", "range": f"{FIRST_YEAR},NOW", "interval.unit": "YEARS"},
}
_ATHENA_TYPES = {"float": "double", "int": "bigint", "text": "string", "time": "timestamp"}


class _GlueTable(NamedTuple):
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


def create_glue_tables(scope: Construct, names: Names) -> None:
    """Create the database and the tables of every dataset."""
    parent = Construct(scope, "Catalog")
    database = glue.CfnDatabase(
        parent,
        "Database",
        catalog_id=Aws.ACCOUNT_ID,
        database_input=glue.CfnDatabase.DatabaseInputProperty(
            name=names.glue_database, description="The candle lake; partitions are projected."
        ),
    )
    for described in _tables():
        dataset = described.dataset
        table = glue.CfnTable(
            parent,
            described.name,
            catalog_id=Aws.ACCOUNT_ID,
            database_name=names.glue_database,
            table_input=glue.CfnTable.TableInputProperty(
                name=described.name,
                description=described.description,
                table_type="EXTERNAL_TABLE",
                parameters=_projection(names, described),
                partition_keys=[_column(key, "string") for key in data_template(dataset).fields],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[_column(column.name, _ATHENA_TYPES[column.kind]) for column in dataset.columns],
                    location=f"s3://{names.bucket}/{dataset.prefix}/",
                    input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                    ),
                ),
            ),
        )
        table.add_resource_dependency(database)


def _tables() -> Iterator[_GlueTable]:
    for dataset in DATASETS.values():
        if "timeframe" not in dataset.series.PARTS:
            assert dataset.period is not None
            yield _GlueTable(dataset.name, dataset, dataset.period)
        else:
            for unit in _DATES:
                lengths = tuple(name for name in TIMEFRAMES if (dataset.period or Timeframe(name).period) == unit)
                if lengths:
                    yield _GlueTable(f"{dataset.name}_by_{unit}", dataset, unit, lengths)


def _projection(names: Names, table: _GlueTable) -> dict[str, str]:
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
        "storage.location.template": f"s3://{names.bucket}/{layout}/",
    }


def _column(name: str, athena_type: str) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type=athena_type)
