"""Names of metrics as people say them, and the form of their numbers, by what each metric says of itself."""

from __future__ import annotations

from candlecloud.metrics.figures import METRICS
from candlecloud.metrics.metric import MetricSpec
from candlecloud.pages.kit.formats import count, decimal, duration, exact, money, percent
from candlecloud.pages.kit.markup import Markup


def label(name: str) -> str:
    """``sharpe`` is Sharpe ratio; what is no metric keeps its words: ``run_id`` is Run id."""
    metric = METRICS.get(name)
    return name.replace("_", " ").capitalize() if metric is None else metric.label


def written(name: str, value: float | None) -> Markup:
    """A metric's value in the form of its unit; None is a dash."""
    return exact(value, _form(METRICS[name], value))


def _form(metric: MetricSpec, value: float | None) -> str:
    match metric.unit:
        case "fraction":
            return percent(value, metric.decimals or 1, signed=metric.signed)
        case "quote currency":
            return money(value)
        case "seconds":
            return duration(value)
        case "bars" | "count":
            return count(value)
        case "ratio":
            return decimal(value, metric.decimals or 2, signed=metric.signed)
