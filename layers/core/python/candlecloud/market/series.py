"""A series: the candles of one symbol on one exchange in one timeframe."""

from __future__ import annotations

import re
from dataclasses import dataclass

from candlecloud.errors import InvalidInputError, UnknownExchangeError
from candlecloud.market.symbol import Symbol
from candlecloud.market.timeframe import Timeframe

_EXCHANGE = re.compile(r"[a-z][a-z0-9]{0,31}\Z")


@dataclass(frozen=True)
class Series:
    """Identity of a stored series.

    Which exchanges there are, `candlecloud.catalogue` says to who takes an id from a user; here is asked for its form.
    """

    exchange: str
    symbol: Symbol
    timeframe: Timeframe

    def __post_init__(self) -> None:
        if not _EXCHANGE.match(self.exchange):
            raise UnknownExchangeError(f"{self.exchange!r} is not the id of an exchange.", exchange=self.exchange)

    @classmethod
    def of(cls, exchange: str, symbol: str, timeframe: str) -> Series:
        """Build a series from text, the form of every part checked."""
        return cls(exchange, Symbol.parse(symbol), Timeframe.parse(timeframe))

    @classmethod
    def parse(cls, series_id: str) -> Series:
        """Read an id such as ``binance/BTC-USDT/1h``."""
        parts = series_id.split("/")
        if len(parts) != 3:
            raise InvalidInputError(f"{series_id!r} is not a series id like binance/BTC-USDT/1h.", series=series_id)
        return cls.of(*parts)

    @property
    def id(self) -> str:
        return f"{self.exchange}/{self.symbol.key}/{self.timeframe.name}"

    def __lt__(self, other: Series) -> bool:
        return self.id < other.id

    def __str__(self) -> str:
        return self.id
