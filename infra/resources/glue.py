"""The lake as Athena sees it: Glue tables whose partitions are computed, never crawled or registered.

An object's period is a month below one hour and a year from there up. A projected date has one format, so there are
two tables over the same objects, each true for its timeframes: ``candles_by_month`` and ``candles_by_year``.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from constructs import Construct

from candlecloud.catalogue import EXCHANGES
from candlecloud.market.candle import CANDLE_SCHEMA
from candlecloud.market.timeframe import TIMEFRAMES, Timeframe
from infra.resources.names import Names

FIRST_YEAR = 2011
"""Before any candle of an exchange that we know."""
_PERIODS = {
    "month": ("candles_by_month", "yyyy-MM", f"{FIRST_YEAR}-01,NOW", "MONTHS"),
    "year": ("candles_by_year", "yyyy", f"{FIRST_YEAR},NOW", "YEARS"),
}
_ATHENA_TYPES = {
    pa.float64(): "double",
    pa.int64(): "bigint",
    pa.string(): "string",
    pa.timestamp("ms", "UTC"): "timestamp",
}


def create_glue_tables(scope: Construct, names: Names) -> None:
    """Create the database and both tables."""
    parent = Construct(scope, "Catalog")
    database = glue.CfnDatabase(
        parent,
        "Database",
        catalog_id=Aws.ACCOUNT_ID,
        database_input=glue.CfnDatabase.DatabaseInputProperty(
            name=names.glue_database, description="The candle lake; partitions are projected."
        ),
    )
    for period, (table_name, date_format, date_range, unit) in _PERIODS.items():
        timeframes = [name for name in TIMEFRAMES if Timeframe(name).period == period]
        table = glue.CfnTable(
            parent,
            table_name,
            catalog_id=Aws.ACCOUNT_ID,
            database_name=names.glue_database,
            table_input=glue.CfnTable.TableInputProperty(
                name=table_name,
                description=f"Candles of {', '.join(timeframes)}, one object per series and {period}. "
                "superseded_at is null gives the current view.",
                table_type="EXTERNAL_TABLE",
                parameters=_projection(names, timeframes, date_format, date_range, unit),
                partition_keys=[_column(key, "string") for key in ("exchange", "symbol", "timeframe", "period")],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[_column(field.name, _ATHENA_TYPES[field.type]) for field in CANDLE_SCHEMA],
                    location=f"s3://{names.bucket}/candles/",
                    input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                    output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                    ),
                ),
            ),
        )
        table.add_resource_dependency(database)


def _projection(
    names: Names, timeframes: Sequence[str], date_format: str, date_range: str, unit: str
) -> dict[str, str]:
    """The symbol is injected (a query must name it); the rest is enumerated or counted."""
    layout = "exchange=${exchange}/symbol=${symbol}/timeframe=${timeframe}/period=${period}/"
    return {
        "classification": "parquet",
        "EXTERNAL": "TRUE",
        "projection.enabled": "true",
        "projection.exchange.type": "enum",
        "projection.exchange.values": ",".join(EXCHANGES),
        "projection.symbol.type": "injected",
        "projection.timeframe.type": "enum",
        "projection.timeframe.values": ",".join(timeframes),
        "projection.period.type": "date",
        "projection.period.format": date_format,
        "projection.period.range": date_range,
        "projection.period.interval": "1",
        "projection.period.interval.unit": unit,
        "storage.location.template": f"s3://{names.bucket}/candles/{layout}",
    }


def _column(name: str, athena_type: str) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type=athena_type)
