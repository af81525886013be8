"""A declarative JSON strategy: conditions over named features say when to be long, short and flat.

Reading, checking and describing rules needs no NumPy; evaluating them does.
"""

from candlecloud.strategies.rules.schema import rules_schema
from candlecloud.strategies.rules.strategy import canonical_rules, rules_strategy

__all__ = ["canonical_rules", "rules_schema", "rules_strategy"]
