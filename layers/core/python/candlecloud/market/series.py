"""A series: the candles of one symbol on one exchange in one timeframe."""

from __future__ import annotations

from dataclasses import dataclass

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
class Series:
    """Identity of a stored series."""

    exchange: str
    symbol: Symbol
    timeframe: Timeframe

    def __post_init__(self) -> None:
        parse_exchange(self.exchange)

    @classmethod
    def of(cls, exchange: str, symbol: str, timeframe: str) -> Series:
        """Build a series from user input, every part checked."""
        return cls(parse_exchange(exchange), Symbol.parse(symbol), Timeframe.parse(timeframe))

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
