"""Fields that many documents share: instants, names, numbers, a series, a range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from candlecloud.catalogue import EXCHANGES
from candlecloud.contract.refusals import as_field_error
from candlecloud.errors import CandlecloudError, InvalidRangeError
from candlecloud.market.instant import LATEST_MS, iso, read_instant
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.market.symbol import Symbol
from candlecloud.market.timeframe import Timeframe

T = TypeVar("T")


@dataclass(frozen=True)
class AddedField:
    """Marks a field that came after ids had been given: while it has this value, it is no part of an identity.

    Write ``new: Annotated[bool, AddedField(False)] = False``. So the ids of all work before it stay.
    """

    value: Any


class Strict(BaseModel):
    """Nothing but the named fields."""

    model_config = ConfigDict(extra="forbid")

    def without_added_fields(self) -> dict[str, Any]:
        """JSON-able, without every `AddedField` that has its value, also in the models inside."""
        document = self.model_dump(mode="json")
        for name, field in type(self).model_fields.items():
            value = getattr(self, name)
            if any(value == mark.value for mark in field.metadata if isinstance(mark, AddedField)):
                document.pop(name, None)
            elif isinstance(value, Strict) and name in document:
                document[name] = value.without_added_fields()
        return document

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler, /) -> dict[str, Any]:
        """The schema; bounds of an `Amount` have pydantic's names in it until they are given those of JSON Schema."""
        found = handler(core_schema)
        _name_bounds(handler.resolve_ref_schema(found))
        return found


def _name_bounds(schema: Any) -> None:
    parts = schema if isinstance(schema, list) else []
    if isinstance(schema, dict):
        for bound, name in (("ge", "minimum"), ("le", "maximum")):
            if isinstance(schema.get(bound), (int, float)):
                schema[name] = schema.pop(bound)
        parts = list(schema.values())
    for part in parts:
        _name_bounds(part)


def parse_instant(value: Any) -> int:
    """Read an instant as ms UTC, with pydantic's kind of error.

    Raises
    ------
    PydanticCustomError
        With type ``invalid_range``, where `read_instant` refuses.
    """
    try:
        return read_instant(value)
    except InvalidRangeError as error:
        raise as_field_error(error) from error


Instant = Annotated[
    int,
    BeforeValidator(parse_instant),
    PlainSerializer(iso, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "maxLength": 40}, {"type": "integer", "minimum": 0, "maximum": LATEST_MS}],
            "description": "ISO-8601 (UTC where no offset is given) or unix milliseconds",
        }
    ),
]
"""An instant in a request: ms UTC once read, ISO-8601 as JSON."""


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise PydanticCustomError("invalid_parameter", "This is not a number.", {"hint": "Send a JSON number."})
    return value


def _without_sign_of_zero(value: float) -> float:
    return value + 0.0  # -0.0 is 0.0: two spellings of one number are one run


Number = Annotated[int | float, PlainValidator(_number), WithJsonSchema({"type": "number"})]
"""A number that stays whole where it is sent whole."""
Name = Annotated[str, Field(min_length=1, max_length=64)]
Amount = Annotated[float, Field(strict=True, allow_inf_nan=False), AfterValidator(_without_sign_of_zero)]
Fraction = Annotated[Amount, Field(ge=1e-6, le=0.999999)]


def _checked(parse: Callable[[str], T], canonical: Callable[[T], str]) -> AfterValidator:
    def check(text: str) -> str:
        try:
            return canonical(parse(text))
        except CandlecloudError as error:
            raise as_field_error(error) from error

    return AfterValidator(check)


_EXCHANGES = ", ".join(f"{exchange.name} ({', '.join(exchange.markets)})" for exchange in EXCHANGES.values())
Exchange = Annotated[
    str,
    Field(max_length=32, description=f"Exchange id and its markets: {_EXCHANGES}"),
    _checked(EXCHANGES.find, lambda exchange: exchange.name),
]
_SYMBOL = "`BTC-USDT` (spot), `BTC-USDT_USDT` (perpetual), or any unified form of ccxt, such as `BTC/USDT:USDT`"
SymbolText = Annotated[
    str,
    Field(min_length=1, max_length=80),
    _checked(Symbol.parse, lambda symbol: symbol.key),
]
TimeframeText = Annotated[
    str,
    Field(
        max_length=16,
        description="1m, 5m, 15m, 1h or 1d; aliases such as 60m, 24h, 1hour. Case-sensitive: `1M` is not a minute.",
    ),
    _checked(Timeframe.parse, lambda timeframe: timeframe.name),
]
Start = Annotated[Instant | None, Field(description="Start of the range, included: ISO-8601 or unix ms")]
End = Annotated[Instant | None, Field(description="End of the range, excluded: ISO-8601 or unix ms")]


def refuse_future(as_of: int | None, now: int) -> None:
    """Refuse to show what is not known yet.

    Raises
    ------
    InvalidRangeError
        If ``as_of`` lies after now, both in ms UTC.
    """
    if as_of is not None and as_of > now:
        raise InvalidRangeError(
            "as_of lies in the future.", hint="Leave it out for the newest state of the data.", field="as_of"
        )


class RangeFields(Strict):
    """An optional half-open range."""

    start: Start = None
    end: End = None

    @model_validator(mode="after")
    def _start_before_end(self) -> RangeFields:
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise as_field_error(InvalidRangeError("This must be after start."), "end")
        return self

    def within(self, available: TimeRange) -> TimeRange:
        """The wanted part of what is available; empty where they don't meet."""
        start = available.start if self.start is None else self.start
        end = available.end if self.end is None else self.end
        return available.intersect(TimeRange(start, max(start, end)))


class SymbolFields(Strict):
    """The symbol, under its name or its alias `coin`."""

    symbol: Annotated[SymbolText | None, Field(description=_SYMBOL)] = None
    coin: Annotated[SymbolText | None, Field(description="Alias of `symbol`", exclude=True)] = None

    @property
    def symbol_key(self) -> str:
        """The symbol's canonical key."""
        key = self.symbol or self.coin
        assert key is not None
        return key


class SeriesFields(SymbolFields):
    """Which series."""

    exchange: Exchange
    timeframe: TimeframeText

    @model_validator(mode="before")
    @classmethod
    def _one_symbol(cls, values: Any) -> Any:
        if isinstance(values, dict):
            given = [name for name in ("symbol", "coin") if values.get(name) is not None]
            if len(given) != 1:
                raise PydanticCustomError(
                    "invalid_symbol",
                    "Send either symbol or coin, and not both.",
                    {"hint": "Send symbol, such as BTC-USDT. coin is another name for it.", "field": "symbol"},
                )
        return values

    @property
    def series(self) -> Series:
        return Series.of(self.exchange, self.symbol_key, self.timeframe)
