"""What rows are stored of: an instrument, or a series, which is an instrument in a timeframe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from candlecloud.errors import InvalidInputError, UnknownExchangeError
from candlecloud.market.symbol import Symbol
from candlecloud.market.timeframe import Timeframe

# The allow-list: an exchange id from a user is checked here before anything is looked up by it.
EXCHANGES = ("binance", "kraken", "kucoin")


def parse_exchange(text: str) -> str:
    """Return the exchange id, if it is one of `EXCHANGES`.

    Raises
    ------
    UnknownExchangeError
        If it is not.
    """
    if text not in EXCHANGES:
        raise UnknownExchangeError(
            f"{text!r} is not an exchange that candlecloud knows.",
            hint=f"Use one of {', '.join(EXCHANGES)}.",
            exchange=text,
            allowed=list(EXCHANGES),
        )
    return text


@dataclass(frozen=True)
class Instrument:
    """One symbol on one exchange: what rows without a timeframe, such as funding rates, are about."""

    PARTS: ClassVar[tuple[str, ...]] = ("exchange", "symbol")

    exchange: str
    symbol: Symbol

    def __post_init__(self) -> None:
        parse_exchange(self.exchange)

    @classmethod
    def parse(cls, series_id: str) -> Self:
        """Read an id such as ``binance/BTC-USDT_USDT``."""
        parts = series_id.split("/")
        if len(parts) != 2:
            raise InvalidInputError(f"{series_id!r} is not an id like binance/BTC-USDT_USDT.", series=series_id)
        return cls(parse_exchange(parts[0]), Symbol.parse(parts[1]))

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
        """Build a series from user input, every part checked."""
        return cls(parse_exchange(exchange), Symbol.parse(symbol), Timeframe.parse(timeframe))

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
