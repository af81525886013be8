"""Own signals as a strategy, so that runs and sweeps treat them like any other."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from candlecloud.arrays import FloatArray
from candlecloud.errors import InvalidParameterError
from candlecloud.features.bars import Bars
from candlecloud.parameters import Parameters
from candlecloud.spec import StrategySpec
from candlecloud.strategies.signals.file import SignalsFile
from candlecloud.strategies.signals.spec import SIGNALS_SPEC, Fill
from candlecloud.strategies.strategy import ComputedStrategy


@dataclass(frozen=True, kw_only=True)
class SignalsStrategy(ComputedStrategy):
    """A file's rows, put beside bars by their open time.

    Attributes
    ----------
    fill : {"hold", "flat"} or None
        What a bar without a row wants; None refuses it.
    """

    file: SignalsFile
    fill: Fill | None

    def size(self, bars: Bars, parameters: Parameters) -> FloatArray | None:
        """The size of each bar's row, 1 beside a target that was filled in as flat; None where the file has none."""
        return self._beside(bars, parameters, "size", 1.0) if self.file.sized else None

    def target(self, bars: Bars, parameters: Parameters, start: int | None = None, lead: int = 0) -> FloatArray:
        """The target of each bar's row, or what fills its place; rows need no warm-up, so the start moves nothing."""
        return self._beside(bars, parameters, "target", 0.0)

    def _beside(self, bars: Bars, parameters: Parameters, column: str, flat: float) -> FloatArray:
        rows = self.file.rows(int(parameters["set"]))
        times, values = _numbers(rows.open_time), _numbers(getattr(rows, column))
        place = np.searchsorted(times, bars.open_time, side="right") - 1  # the last row at or before each bar
        known = place >= 0
        if self.fill != "hold":
            known &= times[np.maximum(place, 0)] == bars.open_time
        if self.fill != "flat" and not known.all():
            raise InvalidParameterError(
                "A bar has no row in the signals.",
                hint="Say what it means: signals_fill hold or flat.",
                field="signals",
                bar=int(np.argmin(known)),
            )
        return np.where(known, values[np.maximum(place, 0)], flat)


def signals_strategy(file: SignalsFile, fill: Fill | None) -> SignalsStrategy:
    """The strategy that a file is."""
    data = {each.name: getattr(SIGNALS_SPEC, each.name) for each in fields(StrategySpec)}
    return SignalsStrategy(**data, file=file, fill=fill)


def _numbers(column: pa.Array) -> FloatArray:
    """Cells as they lie in memory; there are no nulls."""
    found: FloatArray = column.to_numpy(zero_copy_only=True)
    return found
