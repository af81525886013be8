"""docs/datasets.md from the descriptors of datasets; ``python -m infra.generate`` writes it."""

from __future__ import annotations

from typing import Any

from candlecloud.market.dataset import Dataset
from candlecloud.market.datasets import DATASETS
from candlecloud.market.rows import schema_of
from candlecloud.store.keys import data_template
from infra.glue_tables import ATHENA_TYPES, glue_tables

_INTRODUCTION = """# Datasets

Made from the descriptors in `market/datasets/` by `python -m infra.generate`. Each dataset is stored the same way: one
Parquet object per series and period, as [data_dictionary.md](data_dictionary.md) says.

A row is found by its **key time**: a series has one current row per key time. A row whose values differ from those of
the current one restates it, and both stay. A strategy may know a row from its **available** time on, never earlier.
"""


def datasets_page() -> str:
    """The whole page, as Markdown."""
    return _INTRODUCTION + "".join(_section(dataset) for dataset in DATASETS.values())


def _section(dataset: Dataset[Any, Any]) -> str:
    grid = "on the grid of the timeframe" if "timeframe" in dataset.series.PARTS else "irregular"
    period = f"a {dataset.period}" if dataset.period else "a month below `1h`, a year from `1h` up"
    tables = ", ".join(f"`{table.name}`" for table in glue_tables() if table.dataset is dataset)
    schema = schema_of(dataset)
    columns = [
        f"| `{column.name}` | {schema.field(column.name).type} | {'yes' if column.nullable else 'no'} "
        f"| {ATHENA_TYPES[column.kind]} | {column.meaning} |\n"
        for column in dataset.columns
    ]
    return (
        f"\n## {dataset.name}\n\n{dataset.description}\n\n"
        f"- key: `{data_template(dataset).text}`\n"
        f"- schema id: `{dataset.schema_id}`\n"
        f"- key time: `{dataset.key}`, {grid}\n"
        f"- available: `{dataset.available.name}`\n"
        f"- period: {period}\n"
        f"- Glue: {tables}\n\n"
        "| column | type | null | Glue type | meaning |\n|---|---|---|---|---|\n" + "".join(columns)
    )
