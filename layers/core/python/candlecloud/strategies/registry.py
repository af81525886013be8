"""The strategies that a run can name. To add one: write its module, add it to the tuple below."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from candlecloud.errors import UnknownStrategyError
from candlecloud.strategies.buy_and_hold import BUY_AND_HOLD
from candlecloud.strategies.dual_sma import DUAL_SMA
from candlecloud.strategies.strategy import Strategy

STRATEGIES: Mapping[str, Strategy] = MappingProxyType({s.name: s for s in (BUY_AND_HOLD, DUAL_SMA)})


def find_strategy(name: str) -> Strategy:
    """Look a strategy up by its name.

    Raises
    ------
    UnknownStrategyError
        If there is none.
    """
    if name not in STRATEGIES:
        raise UnknownStrategyError(
            f"There is no strategy {name!r}.",
            hint=f"Use one of {', '.join(STRATEGIES)}.",
            field="strategy",
            allowed=list(STRATEGIES),
        )
    return STRATEGIES[name]
