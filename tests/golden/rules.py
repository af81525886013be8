"""Rules as one plain loop: the document is asked again at every bar. It shares only the features with the product."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from candlecloud.features.bars import Bars
from candlecloud.features.compute import compute_use
from candlecloud.features.families import FEATURES
from candlecloud.market.timeframe import Timeframe
from candlecloud.spec import FeatureUse
from tests.golden.strategies import walk

_COMPARE = {
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "eq": lambda a, b: a == b,
}


class RulesLoop:
    """A document on bars, with a number for each parameter."""

    def __init__(self, document: Mapping[str, Any], bars: Bars, parameters: Mapping[str, float]) -> None:
        self.document, self.bars, self.parameters = document, bars, parameters

    def targets(self, first: int) -> list[int]:
        """Positions after each close; nothing is entered before bar `first`."""
        path = []
        for t in range(len(self.bars)):
            at = []
            for name in ("long", "short"):
                side = self.document.get(name)
                entry = side is not None and self.holds(side["entry"], t)
                leave = side is not None and (self.holds(side["exit"], t) if "exit" in side else not entry)
                at += [entry and t >= first, leave]
            path.append((at[0], at[1], at[2], at[3]))
        return walk(path)

    def holds(self, condition: Mapping[str, Any], t: int) -> bool:
        ((key, content),) = condition.items()
        if key == "not":
            return not self.holds(content, t)
        if key in ("all", "any"):
            answers = [self.holds(inner, t) for inner in content]
            return all(answers) if key == "all" else any(answers)
        a, b = (self.value(operand, t) for operand in content)
        if key in _COMPARE:
            return _COMPARE[key](a, b)
        p, q = (self.value(operand, t - 1) for operand in content)
        return (a > b and p <= q) if key == "crosses_above" else (a < b and p >= q)

    def value(self, operand: Any, t: int) -> float:
        """NaN before the first bar and where there is no value."""
        if t < 0:
            return math.nan
        if isinstance(operand, (int, float)):
            return float(operand)
        if isinstance(operand, str):
            return float(self.series(operand)[t])
        if "param" in operand:
            return float(self.parameters[operand["param"]])
        if "of" in operand:
            return self.earlier(operand["of"], operand.get("shift", 0), t)
        ((key, content),) = operand.items()
        a, b = (self.value(inner, t) for inner in content)
        if key == "div":
            return a / b if b else math.nan
        return {"add": a + b, "sub": a - b, "mul": a * b}[key]

    def earlier(self, word: str, shift: int, t: int) -> float:
        """Bars of the run, or of the feature's own timeframe: what was said as that one closed. No candle is absent."""
        timeframe = self.document.get("features", {}).get(word.partition(".")[0], {}).get("timeframe")
        if timeframe is None:
            return self.value(word, t - shift)
        length = Timeframe.parse(timeframe).ms
        closed = int(self.bars.close_time[t]) // length * length - shift * length
        return self.value(word, (closed - int(self.bars.close_time[0])) // self.bars.timeframe_ms)

    def series(self, word: str) -> Sequence[float]:
        if word in ("open", "high", "low", "close", "volume"):
            prices: Sequence[float] = getattr(self.bars, word)
            return prices
        name, _, output = word.partition(".")
        named = self.document["features"][name]
        given = named.get("parameters", {})
        values = {k: self.parameters[v["param"]] if isinstance(v, dict) else v for k, v in given.items()}
        cache = self.__dict__.setdefault("cache", {})
        if word not in cache:
            feature = FEATURES[named["feature"]]
            cache[word] = compute_use(self.bars, FeatureUse(feature, values, named.get("timeframe"), output or None))
        series: Sequence[float] = cache[word]
        return series
