"""What follows from the metrics: the classes that hold them, and the tables of two pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from candlecloud.metrics.capacity import CAPACITY
from candlecloud.metrics.distribution import DISTRIBUTION
from candlecloud.metrics.metric import Metric, MetricSpec
from candlecloud.metrics.regimes import REGIME, REGIME_CONVENTIONS
from candlecloud.metrics.relative import RELATIVE
from candlecloud.metrics.summary import SUMMARY
from candlecloud.registry import Registry

_DOCS = Path(__file__).resolve().parents[2] / "docs"
_RUN: Mapping[str, Metric[Any, Any]] = {**SUMMARY, **DISTRIBUTION, **CAPACITY}
_SHOWN = tuple(field.name for field in fields(MetricSpec))
_CLASSES: tuple[tuple[str, str, str, Registry[Metric[Any, Any]]], ...] = (
    ("Metrics", "Figures", "Of a run, and of a sweep's row. Fractions are fractions: 0.01 is 1 %.", SUMMARY),
    (
        "Distribution",
        "Figures",
        "Of bar returns, not annualised; a name's number is the confidence.",
        DISTRIBUTION,
    ),
    (
        "RunMetrics",
        "Distribution, Metrics",
        "Those of a sweep's row, and those of the curve and fills.",
        CAPACITY,
    ),
    ("Relative", "Figures", "Against buy and hold, over the same bars.", RELATIVE),
    ("RegimeFigures", "Figures", "Of the bars of one regime.", REGIME),
)

_HEAD = '''"""Figures of backtests by name: what a result, a sweep's row and the API's answers hold. Needs no NumPy.

Written by ``python -m infra.generate`` from the metrics; `candlecloud.metrics.metric` says how to add one.
"""

# fmt: off
# ruff: noqa: E501
from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field

from candlecloud.metrics.metric import MetricSpec
from candlecloud.metrics.result_part import Figures
from candlecloud.registry import Registry
'''


def figures_module() -> str:
    """``candlecloud/metrics/figures.py``: a dataclass per family, so that types, schemas and OpenAPI know each name."""
    lines = [_HEAD]
    for name, bases, words, metrics in _CLASSES:
        lines += ["", "@dataclass(frozen=True)", f"class {name}({bases}):", f'    """{words}"""', ""]
        lines += [_field(metric) for metric in metrics.values()] + [""]
    lines += ["", f"MetricName: TypeAlias = Literal[{', '.join(map(_quoted, SUMMARY))}]"]
    lines += ["FIGURES: tuple[str, ...] = get_args(MetricName)", '"""Columns of a sweep, in order."""', ""]
    lines += ["METRICS: Registry[MetricSpec] = Registry(", '    "metric",', "    ("]
    lines += [f"        {_spec(metric)}," for metric in (*_RUN.values(), *RELATIVE.values())]
    lines += ["    ),", '    field="metric",', ")", '"""How each is shown."""', ""]
    return "\n".join(lines)


def metrics_page() -> str:
    """``docs/metrics.md`` with its tables of conventions."""
    regime = [_row(f"`{name}`", text) for name, text in REGIME_CONVENTIONS.items()]
    tables = {
        "summary": _table(SUMMARY),
        "distribution": _table({**DISTRIBUTION, **CAPACITY}),
        "relative": _table(RELATIVE),
        "regime": "\n".join(["| number | convention |", "|---|---|", *regime]),
    }
    return _filled("metrics.md", tables)


def data_dictionary() -> str:
    """``docs/data_dictionary.md`` with the metrics' columns of a sweep."""
    whole = [metric for metric in SUMMARY.values() if metric.whole]
    rest = [metric for metric in SUMMARY.values() if not metric.whole]
    table = [
        *("| column | type | meaning |", "|---|---|---|"),
        "| `set` | int64 | the set's number in the grid's order |",
        "| `parameter_<name>` | int64 or double | one for each parameter of the strategy, of its kind |",
        "| `setting_<path>` | int64, double or string | one for each setting that the grid varies, a dot in its path "
        "written `__`: `setting_stops__stop_loss`; null where the setting is off |",
        _row(_listed(whole), "int64", "the metrics that count"),
        _row(_listed(rest), "double", "the other metrics"),
    ]
    return _filled("data_dictionary.md", {"sweep columns": "\n".join(table)})


def _field(metric: Metric[Any, Any]) -> str:
    kind = "int" if metric.whole else "float"
    kind = f"{kind} | None" if metric.nullable else kind
    return f"    {metric.name}: Annotated[{kind}, Field(description={_quoted(metric.convention)})]"


def _spec(metric: MetricSpec) -> str:
    given = {name: getattr(metric, name) for name in _SHOWN}
    words = (f"{name}={_quoted(value)}" for name, value in given.items() if value not in (None, False))
    return f"MetricSpec({', '.join(words)})"


def _quoted(value: object) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _table(metrics: Mapping[str, Metric[Any, Any]]) -> str:
    rows = [
        _row(f"`{metric.name}`", metric.unit, metric.convention, f"`{metric.formula}`", metric.reference)
        for metric in metrics.values()
    ]
    return "\n".join(["| number | unit | convention | formula | source |", "|---|---|---|---|---|", *rows])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _listed(metrics: Iterable[MetricSpec]) -> str:
    return ", ".join(f"`{metric.name}`" for metric in metrics)


def _filled(page: str, tables: Mapping[str, str]) -> str:
    """The page with each table between its marks, ``<!-- generated: name -->`` and ``<!-- end -->``."""
    text = (_DOCS / page).read_text(encoding="utf-8")
    for name, table in tables.items():
        begin, end = f"<!-- generated: {name} -->\n\n", "\n\n<!-- end -->"
        before, mark, rest = text.partition(begin)
        _, end_mark, after = rest.partition(end)
        if not (mark and end_mark):
            raise ValueError(f"docs/{page} has no place for the table {name!r}.")
        text = before + begin + table + end + after
    return text
