"""What a user asks for: market, time, strategy, money. Read with checks, written canonically."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from candlecloud.errors import InvalidParameterError, InvalidRangeError
from candlecloud.market.moment import iso
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.parameters import Number
from candlecloud.runs.fields import (
    check_names,
    read_choice,
    read_flag,
    read_integer,
    read_moment,
    read_number,
    read_text,
)
from candlecloud.strategies.registry import find_strategy
from candlecloud.strategies.strategy import Strategy

DIRECTIONS = ("long", "short", "both")
MAX_BARS = 2_700_000  # five years of minutes
SETTING_FIELDS = (
    "exchange", "symbol", "timeframe", "start", "end", "strategy", "initial_equity", "direction", "fee_bps",
    "slippage_bps", "flatten_at_end", "as_of", "seed",
)  # fmt: skip


def canonical_json(value: Any) -> bytes:
    """The one way to write a value: sorted names, no spaces, shortest floats that read back equal, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


@dataclass(frozen=True)
class Setting:
    """All of a run but the strategy's parameters; a sweep has one setting for all its parameter sets.

    Attributes
    ----------
    start, end : int or None
        Half-open range of open times, whole candles, ms UTC. None until it is pinned to what is stored.
    fee_bps, slippage_bps : float
        Basis points per fill.
    as_of : int or None
        ms UTC: the lake as it was known then. None until it is pinned to the moment of submission.
    seed : int
        For whatever draws lots; no strategy of today does.
    """

    series: Series
    start: int | None
    end: int | None
    strategy: str
    initial_equity: float
    direction: str
    fee_bps: float
    slippage_bps: float
    flatten_at_end: bool
    as_of: int | None
    seed: int

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Setting:
        """Read a setting; see `RunConfig.from_dict`."""
        series = Series.of(*(read_text(document, name) for name in ("exchange", "symbol", "timeframe")))
        start, end = read_moment(document, "start"), read_moment(document, "end")
        setting = cls(
            series=series,
            start=None if start is None else series.timeframe.ceil(start),
            end=None if end is None else series.timeframe.floor(end),
            strategy=find_strategy(read_text(document, "strategy")).name,
            initial_equity=read_number(document, "initial_equity", 10_000.0, 1e-6, 1e15),
            direction=read_choice(document, "direction", "long", DIRECTIONS),
            fee_bps=read_number(document, "fee_bps", 10.0, 0.0, 1_000.0),
            slippage_bps=read_number(document, "slippage_bps", 2.0, 0.0, 1_000.0),
            flatten_at_end=read_flag(document, "flatten_at_end", False),
            as_of=read_moment(document, "as_of"),
            seed=read_integer(document, "seed", 0, 0, 2**63 - 1),
        )
        setting._check_range()
        return setting

    @property
    def range(self) -> TimeRange:
        """The pinned range.

        Raises
        ------
        InvalidRangeError
            If it is not pinned yet.
        """
        if self.start is None or self.end is None:
            raise InvalidRangeError("This run has no start and end yet.", field="start")
        return TimeRange(self.start, self.end)

    @property
    def strategy_rule(self) -> Strategy:
        return find_strategy(self.strategy)

    def pinned(self, span: TimeRange, as_of: int) -> Setting:
        """The same with range and data view fixed."""
        setting = replace(self, start=span.start, end=span.end, as_of=as_of)
        setting._check_range()
        return setting

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, and what `from_dict` reads back equal."""
        return {
            "exchange": self.series.exchange,
            "symbol": self.series.symbol.key,
            "timeframe": self.series.timeframe.name,
            "start": None if self.start is None else iso(self.start),
            "end": None if self.end is None else iso(self.end),
            "strategy": self.strategy,
            "initial_equity": self.initial_equity,
            "direction": self.direction,
            "fee_bps": self.fee_bps,
            "slippage_bps": self.slippage_bps,
            "flatten_at_end": self.flatten_at_end,
            "as_of": None if self.as_of is None else iso(self.as_of),
            "seed": self.seed,
        }

    def _check_range(self) -> None:
        if self.start is None or self.end is None:
            return
        bars = (self.end - self.start) // self.series.timeframe.ms
        if bars < 1:
            raise InvalidRangeError(
                f"No whole {self.series.timeframe} candle lies between start and end.",
                field="end",
                start=iso(self.start),
                end=iso(self.end),
            )
        if bars > MAX_BARS:
            raise InvalidRangeError(
                f"The range holds {bars:,} bars; a run takes at most {MAX_BARS:,}.",
                hint="Take a shorter range or a longer timeframe.",
                field="start",
            )


@dataclass(frozen=True)
class RunConfig:
    """One backtest: a setting and the strategy's parameters, every one of them."""

    setting: Setting
    parameters: Mapping[str, Number]

    @classmethod
    def from_dict(cls, document: Any) -> RunConfig:
        """Read a run from a request.

        Defaults: parameters of the strategy's own, 10,000 of quote currency, long only, 10 bps fee, 2 bps slippage, no
        flattening. Start and end are narrowed to whole candles.

        Raises
        ------
        InvalidParameterError, UnknownStrategyError, UnknownExchangeError, InvalidSymbolError, InvalidTimeframeError
            The first wrong field; ``details["field"]`` names it where the class does not.
        InvalidRangeError
            If the range holds no candle or too many.
        """
        check_names(document, (*SETTING_FIELDS, "parameters"))
        setting = Setting.from_dict(document)
        return cls(setting, setting.strategy_rule.check_parameters(read_parameters(document)))

    @property
    def series(self) -> Series:
        return self.setting.series

    @property
    def range(self) -> TimeRange:
        """The pinned range of open times."""
        return self.setting.range

    @property
    def warmup_bars(self) -> int:
        """Closed bars that the first decision needs."""
        return self.setting.strategy_rule.warmup_bars(self.parameters)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, and what `from_dict` reads back equal."""
        return self.setting.to_dict() | {"parameters": dict(self.parameters)}

    def identity_dict(self) -> dict[str, Any]:
        """What decides the result, given the candles: all but the moment as of which they were read."""
        return {name: value for name, value in self.to_dict().items() if name != "as_of"}

    def pinned(self, span: TimeRange, as_of: int) -> RunConfig:
        """The same with range and data view fixed."""
        return replace(self, setting=self.setting.pinned(span, as_of))


def read_parameters(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The field ``parameters``: an object, empty where it is left out.

    Raises
    ------
    InvalidParameterError
        If it is no object.
    """
    parameters = document.get("parameters", {})
    if not isinstance(parameters, Mapping):
        raise InvalidParameterError("parameters must be a JSON object.", field="parameters", allowed="a JSON object")
    return cast(Mapping[str, Any], parameters)
