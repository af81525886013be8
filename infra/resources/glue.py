"""The lake as Athena sees it: Glue tables whose partitions are computed, never crawled or registered.

Which tables there are, `infra.glue_tables` says.
"""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from constructs import Construct

from candlecloud.store.keys import data_template
from infra.glue_tables import ATHENA_TYPES, glue_tables, projection
from infra.resources.names import Names


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
    for described in glue_tables():
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
                parameters=projection(described, names.bucket),
                partition_keys=[_column(key, "string") for key in data_template(dataset).fields],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[_column(column.name, ATHENA_TYPES[column.kind]) for column in dataset.columns],
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


def _column(name: str, athena_type: str) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type=athena_type)
