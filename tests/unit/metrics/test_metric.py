"""A metric is one object: it says all of itself, and the classes that hold the numbers follow from it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from candlecloud.metrics.capacity import CAPACITY
from candlecloud.metrics.distribution import DISTRIBUTION
from candlecloud.metrics.figures import (
    FIGURES,
    METRICS,
    Distribution,
    Metrics,
    RegimeFigures,
    Relative,
    RunMetrics,
)
from candlecloud.metrics.metric import Metric, MetricSpec, evaluate
from candlecloud.metrics.performance import SHARPE
from candlecloud.metrics.regime_row import RegimeRow
from candlecloud.metrics.regimes import REGIME, REGIME_CONVENTIONS
from candlecloud.metrics.relative import RELATIVE
from candlecloud.metrics.summary import SUMMARY
from candlecloud.registry import Registry

RUN = {**SUMMARY, **DISTRIBUTION, **CAPACITY}
FAMILIES: list[tuple[type, Any]] = [
    (Metrics, SUMMARY),
    (Distribution, DISTRIBUTION),
    (RunMetrics, RUN),
    (Relative, RELATIVE),
    (RegimeFigures, REGIME),
]


@pytest.mark.parametrize(("holder", "metrics"), FAMILIES)
def test_classes_hold_the_metrics_in_their_order(holder: type, metrics: Registry[Metric[Any, Any]]) -> None:
    kinds = get_type_hints(holder)
    assert [field.name for field in fields(holder)] == list(metrics)
    for name, metric in metrics.items():
        kind = int if metric.whole else float
        assert kinds[name] == (kind | None if metric.nullable else kind)


@pytest.mark.parametrize(
    "metric", [*RUN.values(), *RELATIVE.values(), *REGIME.values()], ids=lambda metric: metric.name
)
def test_a_metric_says_all_of_itself(metric: Metric[Any, Any]) -> None:
    assert metric.convention.endswith(".")
    assert metric.formula
    assert METRICS[metric.name] == MetricSpec(
        **{field.name: getattr(metric, field.name) for field in fields(MetricSpec)}
    )


def test_labels_tell_metrics_apart() -> None:
    assert list(METRICS) == [*RUN, *RELATIVE]
    assert len({metric.label for metric in METRICS.values()}) == len(METRICS)
    assert list(SUMMARY) == list(FIGURES)


def test_a_regime_explains_its_counts_and_its_figures() -> None:
    counts = {field.name for field in fields(RegimeRow)} - {"label", "metrics", "refused"}
    assert set(REGIME_CONVENTIONS) == {*counts, *REGIME}


def test_what_is_not_finite_does_not_exist() -> None:
    values = {"one": 1.5, "none": None, "infinite": float("inf"), "nan": float("nan")}
    metrics = {name: _metric(name, value) for name, value in values.items()}
    assert evaluate(metrics, None) == {"one": 1.5, "none": None, "infinite": None, "nan": None}


def test_a_metric_of_something_else_keeps_its_words() -> None:
    other: Metric[int, int] = SHARPE.of(abs, convention="Of a number.")
    assert (other.name, other.label, other.formula, other.reference) == (
        *("sharpe", "Sharpe ratio"),
        *(SHARPE.formula, SHARPE.reference),
    )
    assert (other.function, other.convention) == (abs, "Of a number.")
    assert SHARPE.of(abs, convention="Of a number.", formula="|x|").formula == "|x|"


def test_names_need_no_numpy() -> None:
    """The API, the planner and the pages name metrics, and have none."""
    code = (
        "import sys; sys.modules['numpy'] = None; import candlecloud.contract.results, candlecloud.metrics.accumulators"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _metric(name: str, value: float | None) -> Metric[None, float | None]:
    return Metric(
        name=name,
        unit="ratio",
        label=name,
        group="Return",
        convention="Given.",
        formula="x",
        function=lambda _: value,
    )
