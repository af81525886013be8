"""The strategies that a run can name, one module each. To add one: write its module; nothing lists it."""

from __future__ import annotations

from candlecloud.errors import UnknownStrategyError
from candlecloud.registry import Registry, one_per_module
from candlecloud.strategies.strategy import Strategy

STRATEGIES: Registry[Strategy] = Registry(
    "strategy", one_per_module(__name__, Strategy), field="strategy", error=UnknownStrategyError
)
