"""A market on loopback: recorded candles served as Binance, Kraken and KuCoin serve them, to unmodified ccxt.

Reached by URL settings alone, with a clock that can be set and moved and with faults that are switched on by name.
It knows nothing of candlecloud. README.md in this folder says what is served and where it differs from the venues.
"""

from infra.local.replay.exchange import ReplayExchange
from infra.local.replay.faults import FAULT_NAMES, Fault

__all__ = ["FAULT_NAMES", "Fault", "ReplayExchange"]
