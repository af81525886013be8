"""All of a run but its strategy's parameters: market, time, strategy, money, and how it trades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from candlecloud.catalogue import STRATEGIES
from candlecloud.errors import InvalidParameterError, InvalidRangeError
from candlecloud.market.moment import iso
from candlecloud.market.ranges import TimeRange
from candlecloud.market.series import Series
from candlecloud.market.timeframe import TIMEFRAMES, Timeframe
from candlecloud.registry import StrategySpec
from candlecloud.runs.fields import read_choice, read_flag, read_integer, read_moment, read_number, read_text
from candlecloud.runs.trading import TRADING_FIELDS, Trading
from candlecloud.strategies.rules.language import RULES, canonical_rules, rules_spec

MAX_BARS = 2_700_000  # five years of minutes
SETTING_FIELDS = (
    "exchange", "symbol", "timeframe", "start", "end", "strategy", "rules", "initial_equity", *TRADING_FIELDS,
    "finer_timeframe", "tripwire", "as_of", "seed",
)  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """What all parameter sets of a sweep share.

    Attributes
    ----------
    start, end : int or None
        Half-open range of open times, whole candles, ms UTC. None until it is pinned to what is stored.
    rules : mapping or None
        The canonical rules document of strategy ``rules``.
    finer_timeframe : str
        Candles that decide whether a bar's stop or target came first: a timeframe, ``none``, or ``auto`` until it is
        pinned to what is stored.
    tripwire : bool
        Whether the run proves that no decision saw the future.
    as_of : int or None
        ms UTC: the lake as it was known then. None until it is pinned to the moment of submission.
    seed : int
        For whatever draws lots: the cuts of the tripwire.
    """

    series: Series
    start: int | None
    end: int | None
    strategy: str
    rules: Mapping[str, Any] | None
    initial_equity: float
    trading: Trading
    finer_timeframe: str
    tripwire: bool
    as_of: int | None
    seed: int

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Setting:
        """Read a setting; see `candlecloud.runs.config.RunConfig.from_dict`."""
        series = Series.of(*(read_text(document, name) for name in ("exchange", "symbol", "timeframe")))
        start, end = read_moment(document, "start"), read_moment(document, "end")
        strategy, rules = _read_strategy(document)
        is_perpetual = series.symbol.settle is not None and series.symbol.expiry is None
        trading = Trading.from_dict(document, is_perpetual=is_perpetual)
        setting = cls(
            series=series,
            start=None if start is None else series.timeframe.ceil(start),
            end=None if end is None else series.timeframe.floor(end),
            strategy=strategy,
            rules=rules,
            initial_equity=read_number(document, "initial_equity", 10_000.0, 1e-6, 1e15),
            trading=trading,
            finer_timeframe=_read_finer(document, series, trading),
            tripwire=read_flag(document, "tripwire", True),
            as_of=read_moment(document, "as_of"),
            seed=read_integer(document, "seed", 0, 0, 2**63 - 1),
        )
        setting._check_range()
        check_direction(setting.strategy_rule, trading.direction)
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

    @cached_property
    def strategy_rule(self) -> StrategySpec:
        """The strategy by its name, or the one that the rules write down."""
        return (
            STRATEGIES.find(self.strategy) if self.rules is None else rules_spec(self.rules, self.series.timeframe.ms)
        )

    @property
    def finer_series(self) -> Series | None:
        """The series that decides inside a bar; None where none does."""
        if self.finer_timeframe not in TIMEFRAMES:
            return None
        return replace(self.series, timeframe=Timeframe(self.finer_timeframe))

    def pinned(self, span: TimeRange, as_of: int, finer_timeframe: str = "none") -> Setting:
        """The same with range, data view and finer candles fixed.

        Raises
        ------
        InvalidRangeError
            If the range holds no candle or too many.
        InvalidParameterError
            If a funding schedule does not cover it.
        """
        setting = replace(self, start=span.start, end=span.end, as_of=as_of, finer_timeframe=finer_timeframe)
        setting._check_range()
        if self.trading.funding is not None:
            self.trading.funding.check_covers(span)
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
            "rules": self.rules,
            "initial_equity": self.initial_equity,
            **self.trading.to_dict(),
            "finer_timeframe": self.finer_timeframe,
            "tripwire": self.tripwire,
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


def check_direction(strategy: StrategySpec, direction: str) -> None:
    """Refuse a direction in which the strategy can never hold anything.

    Raises
    ------
    InvalidParameterError
        If the strategy names the other side only.
    """
    if direction == "both" or direction in strategy.sides:
        return
    other = "short" if direction == "long" else "long"
    lacking = f'Set direction to "{other}"'
    if strategy.name == RULES:
        lacking += f', or add "{direction}": {{"entry": ...}} to the rules'
    raise InvalidParameterError(
        f"direction is {direction}, and {strategy.name} has no {direction} side: it could never trade.",
        hint=f"{lacking}.",
        field="direction",
        allowed=[*sorted(strategy.sides), "both"],
    )


def _read_strategy(document: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
    name, rules = read_text(document, "strategy"), document.get("rules")
    if name == RULES:
        if rules is None:
            raise InvalidParameterError(
                "strategy is rules, and no rules are given.",
                hint="See GET /strategies for their schema.",
                field="rules",
            )
        return name, canonical_rules(rules)
    if rules is not None:
        raise InvalidParameterError(
            f"rules are given, and strategy is {name}.",
            hint='Set strategy to "rules", or leave rules out.',
            field="rules",
        )
    return STRATEGIES.find(name).name, None


def _read_finer(document: Mapping[str, Any], series: Series, trading: Trading) -> str:
    below = [name for name in TIMEFRAMES if Timeframe(name) < series.timeframe]
    finer = read_choice(document, "finer_timeframe", "auto", ("auto", "none", *below))
    if finer in below and not trading.stops.can_collide:
        raise InvalidParameterError(
            "finer_timeframe decides between a stop and a target of one bar, and this run does not have both.",
            hint="Set take_profit and a stop, or leave finer_timeframe out.",
            field="finer_timeframe",
        )
    return finer if trading.stops.can_collide else "none"
