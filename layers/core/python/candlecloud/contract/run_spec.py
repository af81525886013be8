"""The run spec: all of a run but its strategy's parameters. Market, time, strategy, money, and how it trades."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, ClassVar, NoReturn, Self

from pydantic import ConfigDict, Field, StrictBool, ValidationError, model_validator

from candlecloud.catalogue import SIZING, STRATEGIES
from candlecloud.contract.execution_settings import ExecutionSettings, fixed_bps
from candlecloud.contract.fields import Amount, Instant, Name, RangeFields, SeriesFields
from candlecloud.contract.funding import Funding, check_funding
from candlecloud.contract.own_signals import SignalsFields, check_signals_fields
from candlecloud.contract.refusals import as_field_error, refuse
from candlecloud.contract.strategy_choice import check_direction, check_rules, find_strategy
from candlecloud.errors import CandlecloudError, InvalidParameterError, InvalidRangeError
from candlecloud.market.instant import iso
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.market.timeframe import TIMEFRAMES, Timeframe
from candlecloud.parameters import Parameters
from candlecloud.spec import StrategySpec

MAX_BARS = 2_700_000  # five years of minutes
MAX_SEED = 2**53 - 1
"""The largest whole number that every reader of JSON gets right."""

RulesOrNone = Annotated[
    dict[str, Any] | None, Field(description="Of strategy `rules`; their JSON Schema stands in `GET /strategies`")
]


class RunSpec(ExecutionSettings, SignalsFields, RangeFields, SeriesFields):
    """What all parameter sets of a sweep share. Pydantic lists the fields of the last base first."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: ClassVar[str]
    """What is made of it: begins the ids, and is the name by which the code that computes it is known."""

    strategy: Annotated[
        Name, Field(description="A name from `GET /strategies`, `rules` with your own rules, or `signals`")
    ]
    rules: RulesOrNone = None
    initial_equity: Annotated[Amount, Field(ge=1e-6, le=1e15, description="Quote currency")] = 10_000.0
    funding: Funding | None = None
    flatten_at_end: Annotated[StrictBool, Field(description="Close an open position at the last bar")] = False
    finer_timeframe: Annotated[
        Name,
        Field(description="Candles that say whether stop or target came first in a bar; `auto`: the finest stored"),
    ] = "auto"
    look_ahead_test: Annotated[StrictBool, Field(description="Prove that no decision saw the future")] = True
    as_of: Annotated[
        Instant | None, Field(description="Compute on the candles as they were known then; default now")
    ] = None
    seed: Annotated[int, Field(strict=True, ge=0, le=MAX_SEED, description="Draws the cuts of the look-ahead test")] = 0

    @classmethod
    def from_dict(cls, document: Any) -> Self:
        """Read a document that did not come over HTTP.

        Raises
        ------
        InvalidInputError
            Of the class that fits the first wrong field; ``details["field"]`` names it.
        """
        if not isinstance(document, Mapping):
            raise InvalidParameterError(
                "The request must be a JSON object.", field="the request", got=repr(document)[:80]
            )
        try:
            return cls.model_validate(dict(document))
        except ValidationError as error:
            raise refuse(error) from error

    @model_validator(mode="after")
    def _settle(self) -> Self:
        """Fill in what follows from other fields, so that equal requests are equal documents."""
        self._set(symbol=self.symbol_key, coin=None)
        if self.slippage_bps is not None:
            if "slippage" in self.model_fields_set:
                self._refuse("slippage_bps", "slippage and slippage_bps say the same thing twice.", "Leave one out.")
            self._set(slippage=fixed_bps(self.slippage_bps), slippage_bps=None)
        timeframe = self.series.timeframe
        self._set(
            start=None if self.start is None else timeframe.ceil(self.start),
            end=None if self.end is None else timeframe.floor(self.end),
        )
        symbol = self.series.symbol
        check_funding(self.funding, is_perpetual=symbol.settle is not None and symbol.expiry is None)
        try:
            self._check_range()
            check_signals_fields(self.strategy, self.signals, self.signals_fill)
            self._set(rules=check_rules(self.strategy, self.rules))
            self._settle_execution()
        except CandlecloudError as error:
            raise as_field_error(error) from error
        return self

    def _settle_execution(self) -> None:
        """Fill in what follows from the settings of execution; a sweep that varies them does it set by set."""
        if self.maker_fee_bps is None and not self.varies("fee_bps", "maker_fee_bps"):
            self._set(maker_fee_bps=self.fee_bps)
        if not self.varies("rebalance_band"):
            self._set(rebalance_band=self._band())
        self._settle_finer()
        self.check_entry()
        if not self.varies("direction"):
            check_direction(self.strategy_rule, self.direction)

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries that it names, as ``strategies/dual_sma``, and the features that its strategy reads."""
        used = self.features_read  # own signals read none
        if self.rules is not None:
            used |= {named["feature"] for named in self.rules["features"].values()}
        elif self.signals is None:
            used |= {use.feature.name for use in STRATEGIES.find(self.strategy).reads}
        features = (f"features/{name}" for name in sorted(used))
        models = (f"sizing/{self.sizing.model}", f"slippage/{self.slippage.model}")
        return (f"strategies/{self.strategy}", *features, *models)

    @property
    def range(self) -> TimeRange:
        """The pinned range of open times.

        Raises
        ------
        InvalidRangeError
            If it is not pinned yet.
        """
        if self.start is None or self.end is None:
            raise InvalidRangeError("This run has no start and end yet.", field="start")
        return TimeRange(self.start, self.end)

    @cached_property
    def strategy_rule(self) -> StrategySpec:
        """The data of the strategy by its name, or of the one that the rules write down."""
        return find_strategy(self.strategy, self.rules, self.series.timeframe)

    @property
    @abstractmethod
    def warmup_bars(self) -> int:
        """Closed bars that the first decision of any parameter set needs, its size included."""

    def warmup_bars_of(self, parameters: Parameters) -> int:
        """Closed bars that the first decision with these parameters needs, its size and its ATR stops included."""
        of_sizing = SIZING.find(self.sizing.model).warmup_bars(self.sizing.parameters)
        return max(self.strategy_rule.warmup_bars(parameters), of_sizing, self.stops.warmup_bars)

    @property
    def finer_series(self) -> Series | None:
        """The series that decides inside a bar; None where none does."""
        if self.finer_timeframe not in TIMEFRAMES:
            return None
        return replace(self.series, timeframe=Timeframe(self.finer_timeframe))

    def pinned(self, span: TimeRange, as_of: int, finer_timeframe: str = "none") -> Self:
        """The same with range, data view and finer candles fixed.

        Raises
        ------
        InvalidRangeError
            If the range holds no candle or too many.
        InvalidParameterError
            If a funding schedule does not cover it.
        """
        fixed = {"start": span.start, "end": span.end, "as_of": as_of, "finer_timeframe": finer_timeframe}
        pinned = self.model_copy(update=fixed)
        pinned._check_range()
        if self.funding is not None:
            self.funding.check_covers(span)
        return pinned

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, every field filled in, and what `from_dict` reads back equal."""
        return self.model_dump(mode="json")

    def identity_dict(self) -> dict[str, Any]:
        """What decides the result, given the candles: all but the instant as of which they were read."""
        return {name: value for name, value in self.without_added_fields().items() if name != "as_of"}

    def _band(self) -> float | None:
        """The rebalance band: what is left out is the sizing model's own, and a 0 where it has none is nothing said."""
        own = SIZING.find(self.sizing.model).rebalance_band or None
        return own if self.rebalance_band is None else self.rebalance_band or (own and 0.0)

    def _settle_finer(self) -> None:
        own = self.series.timeframe
        below = [name for name in TIMEFRAMES if Timeframe(name) < own]
        if self.finer_timeframe not in ("auto", "none", *below):
            words = ("auto", "none", *below)
            self._refuse("finer_timeframe", f"finer_timeframe must be {' or '.join(words)}.", None, allowed=list(words))
        if self.finer_timeframe in below and not self.can_collide:
            self._refuse(
                "finer_timeframe",
                "finer_timeframe is for runs with a stop and a take_profit; this run does not have both.",
                "Set take_profit and a stop, or leave finer_timeframe out.",
            )
        if not self.can_collide:
            self._set(finer_timeframe="none")

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

    def _set(self, **values: Any) -> None:
        self.__dict__.update(values)  # frozen for everybody else

    @staticmethod
    def _refuse(field: str, message: str, hint: str | None, **details: Any) -> NoReturn:
        raise as_field_error(InvalidParameterError(message, hint=hint, **details), field)


def canonical_json(value: Any) -> bytes:
    """The one way to write a value: sorted names, no spaces, shortest floats that read back equal, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
