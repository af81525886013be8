"""Symbols: every unified form of ccxt, and one canonical key that is safe in URLs and S3 keys.

========================== ============================
ccxt                       key
========================== ============================
BTC/USDT                   BTC-USDT
BTC/USDT:USDT              BTC-USDT_USDT
BTC/USD:BTC-260626         BTC-USD_BTC-260626
BTC/USD:BTC-260626-50000-C BTC-USD_BTC-260626-50000-C
========================== ============================

A currency code may hold any printable character. Those other than letters, digits and ``.`` are written ``~XX`` in the
key (one group per UTF-8 byte), so that the mapping has an inverse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from candlecloud.errors import InvalidSymbolError

_MAX_LENGTH = 80
_PLAIN = re.compile(r"[A-Za-z0-9.]")
_CODE = re.compile(r"[^\s/:\-_~\x00-\x1f\x7f]{1,24}\Z")
_KEY_CODE = re.compile(r"(?:[A-Za-z0-9.]|~[0-9A-F]{2}){1,72}\Z")
_EXPIRY = re.compile(r"\d{6}\Z")
_STRIKE = re.compile(r"\d+(?:\.\d+)?\Z")
_OPTION_TYPES = ("C", "P")


@dataclass(frozen=True)
class Symbol:
    """What is traded: spot, perpetual, dated future or option.

    Attributes
    ----------
    base, quote : str
        Currency codes, case kept.
    settle : str, optional
        Settlement currency of a derivative; None for spot.
    expiry : str, optional
        Expiry as YYMMDD of a dated future or option.
    strike, option_type : str, optional
        Strike as written by ccxt, and ``C`` or ``P``.
    """

    base: str
    quote: str
    settle: str | None = None
    expiry: str | None = None
    strike: str | None = None
    option_type: str | None = None

    def __post_init__(self) -> None:
        for code in (self.base, self.quote, *([] if self.settle is None else [self.settle])):
            if not _CODE.match(code):
                raise InvalidSymbolError(f"{code!r} is not a currency code.", symbol=code)
        if self.expiry is not None and (self.settle is None or not _EXPIRY.match(self.expiry)):
            raise InvalidSymbolError("An expiry is YYMMDD and needs a settlement currency.", expiry=self.expiry)
        if (self.strike is None) != (self.option_type is None) or (self.strike and self.expiry is None):
            raise InvalidSymbolError("An option needs an expiry, a strike and C or P.", strike=self.strike)
        if self.strike is not None and not (_STRIKE.match(self.strike) and self.option_type in _OPTION_TYPES):
            raise InvalidSymbolError("A strike is a plain number, followed by C or P.", strike=self.strike)

    @classmethod
    def parse(cls, text: str) -> Symbol:
        """Read a symbol from ccxt's unified form or from the canonical key.

        Raises
        ------
        InvalidSymbolError
            If the text is neither.
        """
        return _parse(text)

    @property
    def ccxt(self) -> str:
        """ccxt's unified form, such as ``BTC/USDT:USDT``."""
        return self._join("/", ":", lambda code: code)

    @property
    def key(self) -> str:
        """The canonical key, such as ``BTC-USDT_USDT``."""
        return self._join("-", "_", _escape)

    @property
    def is_spot(self) -> bool:
        return self.settle is None

    def _join(self, pair: str, settle: str, write: object) -> str:
        assert callable(write)
        text = f"{write(self.base)}{pair}{write(self.quote)}"
        if self.settle is not None:
            text += settle + "-".join(
                [
                    write(self.settle),
                    *(part for part in (self.expiry, self.strike, self.option_type) if part is not None),
                ]
            )
        return text

    def __lt__(self, other: Symbol) -> bool:
        """By key: a spot symbol has no settlement currency to compare with that of a perpetual."""
        return self.key < other.key

    def __str__(self) -> str:
        return self.key


@lru_cache(maxsize=4096)
def _parse(text: str) -> Symbol:
    if not isinstance(text, str) or not text or len(text) > _MAX_LENGTH:
        raise InvalidSymbolError(f"A symbol has 1 to {_MAX_LENGTH} characters.")
    is_ccxt = "/" in text
    pair, has_settle, tail = text.partition(":" if is_ccxt else "_")
    codes = pair.split("/" if is_ccxt else "-")
    if len(codes) != 2 or (has_settle and not tail):
        raise InvalidSymbolError(f"{text!r} is not a symbol.", symbol=text)
    terms = tail.split("-") if has_settle else []
    if len(terms) not in (0, 1, 2, 4):
        raise InvalidSymbolError(f"{text!r} is not a symbol.", symbol=text)
    read = (lambda code: code) if is_ccxt else _unescape
    settle, expiry, strike, option_type = [*terms, None, None, None, None][:4]
    return Symbol(read(codes[0]), read(codes[1]), None if settle is None else read(settle), expiry, strike, option_type)


def _escape(code: str) -> str:
    return "".join(c if _PLAIN.match(c) else "".join(f"~{b:02X}" for b in c.encode()) for c in code)


def _unescape(code: str) -> str:
    if not _KEY_CODE.match(code):
        raise InvalidSymbolError(f"{code!r} is not a currency code.", symbol=code)
    raw = re.sub(rb"~([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), code.encode())
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidSymbolError(f"{code!r} is not a currency code.", symbol=code) from error
    if _escape(text) != code:
        raise InvalidSymbolError(f"{code!r} has another spelling, {_escape(text)!r}.", symbol=code)
    return text
