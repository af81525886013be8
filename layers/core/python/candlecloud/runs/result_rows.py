"""The rows of a sweep as columns: which there are and of what type, and a few of them as plain numbers. No NumPy."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from candlecloud.contract.sweep import SweepConfig
from candlecloud.metrics.figures import FIGURES, METRICS

SET = "set"
_PARAMETER, _SETTING = "parameter_", "setting_"


def rows_schema(config: SweepConfig) -> pa.Schema:
    """Columns of a sweep's rows.

    Returns
    -------
    pa.Schema
        ``set``, ``parameter_<name>`` for each parameter of the strategy, ``setting_<path>`` for each setting that the
        grid varies, and the numbers of `Metrics`; null where a number does not exist, and where a setting is off. What
        counts is int64, what does not is float64, a word is a string. A dot in a path is written ``__``, because SQL
        takes a dot for another thing.
    """
    whole = {parameter.name for parameter in config.strategy_rule.parameters if parameter.kind == "integer"}
    fields = [pa.field(SET, pa.int64())]
    fields += [pa.field(f"{_PARAMETER}{name}", _number(name in whole)) for name in config.values]
    for path, setting in config.setting_axes.items():
        kind = pa.string() if setting.kind == "text" else _number(setting.kind == "integer")
        fields.append(pa.field(_SETTING + path.replace(".", "__"), kind))
    fields += [pa.field(name, _number(METRICS[name].whole)) for name in FIGURES]
    return pa.schema(fields)


def rows_as_dicts(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as JSON has them, None where a number does not exist or a setting is off.

    Each has ``set``; by name ``parameters``, ``metrics``, and ``settings`` where the grid varies some, by path.
    """
    columns = table.to_pydict()
    sets = columns.pop(SET)
    parameters = _take(columns, _PARAMETER)
    settings = {name.replace("__", "."): values for name, values in _take(columns, _SETTING).items()}
    shown = {"parameters": parameters} | ({"settings": settings} if settings else {}) | {"metrics": columns}
    return [
        {"set": number} | {part: {name: values[k] for name, values in found.items()} for part, found in shown.items()}
        for k, number in enumerate(sets)
    ]


def _take(columns: dict[str, list[Any]], prefix: str) -> dict[str, list[Any]]:
    """Move the columns with a prefix out of the others; they lose it."""
    return {name.removeprefix(prefix): columns.pop(name) for name in list(columns) if name.startswith(prefix)}


def _number(whole: bool) -> pa.DataType:
    return pa.int64() if whole else pa.float64()
