"""Rules as strategies, as runs make them of a document."""

from __future__ import annotations

from typing import Any

from candlecloud.strategies.rules.language import RULES, rules_spec
from candlecloud.strategies.rules.strategy import strategy_of_spec
from candlecloud.strategies.strategy import Strategy


def rules_strategy(document: Any, bar_ms: int, field: str = RULES) -> Strategy:
    return strategy_of_spec(rules_spec(document, bar_ms, field))
