"""What a user asks for: one setting and the parameters of its strategy. Read with checks, written canonically."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from candlecloud.catalogue import SIZING
from candlecloud.errors import InvalidParameterError
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.parameters import Number
from candlecloud.runs.fields import check_names
from candlecloud.runs.setting import SETTING_FIELDS, Setting


def canonical_json(value: Any) -> bytes:
    """The one way to write a value: sorted names, no spaces, shortest floats that read back equal, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


@dataclass(frozen=True)
class RunConfig:
    """One backtest: a setting and the strategy's parameters, every one of them."""

    setting: Setting
    parameters: Mapping[str, Number]

    @classmethod
    def from_dict(cls, document: Any) -> RunConfig:
        """Read a run from a request.

        Defaults: parameters of the strategy's own, 10,000 of quote currency, all of it in each position, long only, 10
        bps fee, 2 bps slippage, no stops, no market rules, no flattening, the tripwire on. Start and end are narrowed
        to whole candles.

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
        """Closed bars that the first decision needs, its size included."""
        sizing = self.setting.trading.sizing
        own = self.setting.strategy_rule.warmup_bars(self.parameters)
        return max(own, SIZING.find(sizing.model).warmup_bars(sizing.parameters))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, and what `from_dict` reads back equal."""
        return self.setting.to_dict() | {"parameters": dict(self.parameters)}

    def identity_dict(self) -> dict[str, Any]:
        """What decides the result, given the candles: all but the moment as of which they were read."""
        return {name: value for name, value in self.to_dict().items() if name != "as_of"}

    def pinned(self, span: TimeRange, as_of: int, finer_timeframe: str = "none") -> RunConfig:
        """The same with range, data view and finer candles fixed."""
        return replace(self, setting=self.setting.pinned(span, as_of, finer_timeframe))


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
