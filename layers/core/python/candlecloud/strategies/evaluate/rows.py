"""Operands of conditions as rows of values, one per distinct combination of the parameters that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from candlecloud.arrays import FloatArray
from candlecloud.features.compute import compute_many
from candlecloud.features.families import FEATURES
from candlecloud.features.resample import align, resample_bars
from candlecloud.market.timeframe import Timeframe
from candlecloud.parameters import Number
from candlecloud.strategies.evaluate.beginning import Beginning
from candlecloud.strategies.rules.tree import (
    ArithmeticOperand,
    NamedFeature,
    Operand,
    Placeholder,
    Rules,
    SeriesOperand,
    placeholders_of,
    series_of,
)

Combination: TypeAlias = "tuple[Number, ...]"
"""Values of the parameters that an operand names, in the order of `names_of`."""
Values: TypeAlias = Mapping[str, Number]

_AT_ONCE, _OUTPUT_BYTES = 8, 64_000_000
"""Parameter sets of one feature in one pass, and how much each of their outputs may take."""
_ARITHMETIC = {"add": np.add, "sub": np.subtract, "mul": np.multiply}


def names_of(operand: Operand, rules: Rules) -> tuple[str, ...]:
    """Parameters that an operand depends on."""
    found = {value.name for value in placeholders_of(operand)}
    for series in series_of(operand):
        if series.output is not None:
            found |= set(parameters_of(rules.features[series.name]))
    return tuple(sorted(found))


def parameters_of(named: NamedFeature) -> tuple[str, ...]:
    """Parameters of the rules that a named feature takes."""
    return tuple(sorted({value.name for value in named.parameters.values() if isinstance(value, Placeholder)}))


def is_constant(operand: Operand) -> bool:
    """Whether it reads no series, so that it is one number at every bar."""
    return next(series_of(operand), None) is None


def constant(operand: Operand, values: Values) -> float:
    """The number of an operand that `is_constant`."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return float(_computed(operand, lambda _: np.nan, values))


class Rows:
    """Rows of values of operands, one behind the other; each is computed when it is first asked for.

    Attributes
    ----------
    values : FloatArray
        All rows; written over what was there.
    """

    def __init__(self, rules: Rules, beginning: Beginning, room: FloatArray) -> None:
        self._rules, self._beginning = rules, beginning
        self._bars = beginning.bars
        self.values = room
        self._outputs: dict[tuple[str, tuple[Any, ...]], Mapping[str, FloatArray]] = {}
        self._places: dict[tuple[Operand, tuple[Any, ...]], int] = {}
        self._names: dict[Operand, tuple[str, ...]] = {}

    def names(self, operand: Operand) -> tuple[str, ...]:
        """Parameters that an operand depends on."""
        if operand not in self._names:
            self._names[operand] = names_of(operand, self._rules)
        return self._names[operand]

    def fill(self, name: str, sets: Sequence[Values], operands: Sequence[Operand]) -> None:
        """Make the rows of one named feature on the run's own bars, some parameter sets in one pass at a time.

        Its outputs are kept only while arithmetic reads them: memory that is used again at once is near.
        """
        direct = [operand for operand in operands if isinstance(operand, SeriesOperand) and operand.name == name]
        nested = [operand for operand in operands if operand not in direct]
        keep = any(series.name == name for operand in nested for series in series_of(operand))
        at_once = max(1, min(_AT_ONCE, _OUTPUT_BYTES // (8 * max(len(self._bars), 1))))
        for begin in range(0, len(sets), at_once):
            chosen = sets[begin : begin + at_once]
            self._compute(name, chosen)
            for operand in direct:
                for values in chosen:
                    self.place(operand, values)
            if not keep:
                self._outputs.clear()

    def _compute(self, name: str, sets: Sequence[Values]) -> None:
        named = self._rules.features[name]
        feature, own = FEATURES.find(named.feature), [named.values(values) for values in sets]
        begins = [self._begin(feature.recursive, feature.warmup_bars(values)) for values in own]
        for values, outputs in zip(own, compute_many(self._bars, feature, own, begins), strict=True):
            self._outputs[name, _key(values)] = outputs

    def place(self, operand: Operand, values: Values) -> int:
        """Where the row of an operand begins: its values at every bar of the run's own.

        Parameters
        ----------
        values : mapping
            The parameters that it names, or more.
        """
        key = operand, tuple(values[name] for name in self.names(operand))
        if key not in self._places:
            n, place = len(self._bars), len(self._places) * len(self._bars)
            row = self.values[place : place + n]
            if isinstance(operand, SeriesOperand):
                _write_later(row, *self._unshifted(operand, values))
            else:
                with np.errstate(over="ignore", invalid="ignore"):  # arithmetic that overflows compares as infinity
                    row[:] = _computed(operand, lambda series: self._series(series, values), values)
            self._places[key] = place
        return self._places[key]

    def _series(self, series: SeriesOperand, values: Values) -> FloatArray:
        found, bars = self._unshifted(series, values)
        if bars == 0:
            return found
        row = np.empty(len(found))
        _write_later(row, found, bars)
        return row

    def _unshifted(self, series: SeriesOperand, values: Values) -> tuple[FloatArray, int]:
        """Values of a series, and how many bars later they count."""
        if series.output is None:
            return getattr(self._bars, series.name), series.shift
        named = self._rules.features[series.name]
        own = named.values(values)
        if named.timeframe is not None:
            return self._of_longer_bars(series, own, named.feature, Timeframe.parse(named.timeframe), values), 0
        if (series.name, _key(own)) not in self._outputs:
            self._compute(series.name, [values])
        return self._outputs[series.name, _key(own)][series.output], series.shift

    def _of_longer_bars(
        self, series: SeriesOperand, own: Values, feature_name: str, timeframe: Timeframe, values: Values
    ) -> FloatArray:
        """Shifted by the feature's own bars, before its values meet those of the run."""
        feature = FEATURES.find(feature_name)
        use = self._rules.features[series.name].use(series, values)
        begin = self._begin(feature.recursive, use.warmup_bars(self._bars.timeframe_ms) if len(self._bars) else 0)
        longer = resample_bars(self._bars.from_bar(begin), timeframe.ms)
        (outputs,) = compute_many(longer, feature, [own], [0])
        return align(outputs[str(series.output)], longer.close_time, self._bars.close_time, series.shift)

    def _begin(self, recursive: bool, warmup_bars: int) -> int:
        """Values of a window are the same wherever the bars begin."""
        return self._beginning.of(warmup_bars) if recursive else 0


def _write_later(row: FloatArray, values: FloatArray, bars: int) -> None:
    """Values of `bars` bars earlier, NaN where there is none."""
    row[:bars] = np.nan
    row[bars:] = values[: max(0, len(values) - bars)]


def _computed(operand: Operand, series: Any, values: Values) -> Any:
    if isinstance(operand, SeriesOperand):
        return series(operand)
    if isinstance(operand, Placeholder):
        return np.float64(values[operand.name])
    if isinstance(operand, ArithmeticOperand):
        left, right = (_computed(side, series, values) for side in (operand.left, operand.right))
        if operand.operator == "div":
            return left / np.where(right == 0.0, np.nan, right)  # a quotient by 0 has no value
        return _ARITHMETIC[operand.operator](left, right)
    return np.float64(operand)


def _key(values: Values) -> tuple[Any, ...]:
    return tuple(values.items())


def features_read(rules: Rules) -> Iterator[str]:
    """Names of the features that are computed on the run's own bars."""
    return (name for name, named in rules.features.items() if named.timeframe is None)
