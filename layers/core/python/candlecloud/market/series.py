"""What rows are stored of: an instrument, or a series, which is an instrument in a timeframe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from candlecloud.errors import InvalidInputError, UnknownExchangeError
from candlecloud.market.symbol import Symbol
from candlecloud.market.timeframe import Timeframe

_EXCHANGE = re.compile(r"[a-z][a-z0-9]{0,31}\Z")


@dataclass(frozen=True)
class Instrument:
    """One symbol on one exchange: what rows without a timeframe, such as funding rates, are about.

    Which exchanges there are, `candlecloud.catalogue` says to who takes an id from a user; here is asked for its form.
    """

    PARTS: ClassVar[tuple[str, ...]] = ("exchange", "symbol")

    exchange: str
    symbol: Symbol

    def __post_init__(self) -> None:
        if not _EXCHANGE.match(self.exchange):
            raise UnknownExchangeError(f"{self.exchange!r} is not the id of an exchange.", exchange=self.exchange)

    @classmethod
    def parse(cls, series_id: str) -> Self:
        """Read an id such as ``binance/BTC-USDT_USDT``."""
        parts = series_id.split("/")
        if len(parts) != 2:
            raise InvalidInputError(f"{series_id!r} is not an id like binance/BTC-USDT_USDT.", series=series_id)
        return cls(parts[0], Symbol.parse(parts[1]))

    @property
    def id(self) -> str:
        return f"{self.exchange}/{self.symbol.key}"

    def __lt__(self, other: Instrument) -> bool:
        return self.id < other.id

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True)
class Series(Instrument):
    """An instrument in a timeframe: what candles are stored of."""

    PARTS: ClassVar[tuple[str, ...]] = ("exchange", "symbol", "timeframe")

    timeframe: Timeframe

    @classmethod
    def of(cls, exchange: str, symbol: str, timeframe: str) -> Self:
        """Build a series from text, the form of every part checked."""
        return cls(exchange, Symbol.parse(symbol), Timeframe.parse(timeframe))

    @classmethod
    def parse(cls, series_id: str) -> Self:
        """Read an id such as ``binance/BTC-USDT/1h``."""
        parts = series_id.split("/")
        if len(parts) != 3:
            raise InvalidInputError(f"{series_id!r} is not a series id like binance/BTC-USDT/1h.", series=series_id)
        return cls.of(*parts)

    @property
    def id(self) -> str:
        return f"{self.exchange}/{self.symbol.key}/{self.timeframe.name}"
