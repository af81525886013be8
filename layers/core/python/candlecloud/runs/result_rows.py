"""The rows of a sweep as columns: which there are and of what type, and a few of them as plain numbers. No NumPy."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from candlecloud.contract.sweep import SweepConfig
from candlecloud.metrics.figures import FIGURES, METRICS

SET = "set"
_PARAMETER = "parameter_"


def rows_schema(config: SweepConfig) -> pa.Schema:
    """Columns of a sweep's rows.

    Returns
    -------
    pa.Schema
        ``set``, ``parameter_<name>`` for each parameter of the strategy, and the numbers of `Metrics`; null where a
        number does not exist. What counts is int64, what does not is float64.
    """
    whole = {parameter.name for parameter in config.strategy_rule.parameters if parameter.kind == "integer"}
    fields = [pa.field(SET, pa.int64())]
    fields += [pa.field(f"{_PARAMETER}{name}", _number(name in whole)) for name in config.values]
    fields += [pa.field(name, _number(METRICS[name].whole)) for name in FIGURES]
    return pa.schema(fields)


def rows_as_dicts(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as JSON has them: ``set``, ``parameters`` and ``metrics`` by name, None where a number does not exist."""
    columns = table.to_pydict()
    sets = columns.pop(SET)
    parameters = {name: columns.pop(name) for name in table.column_names if name.startswith(_PARAMETER)}
    names = [name.removeprefix(_PARAMETER) for name in parameters]
    return [
        {
            "set": number,
            "parameters": {name: values[k] for name, values in zip(names, parameters.values(), strict=True)},
            "metrics": {name: values[k] for name, values in columns.items()},
        }
        for k, number in enumerate(sets)
    ]


def _number(whole: bool) -> pa.DataType:
    return pa.int64() if whole else pa.float64()
