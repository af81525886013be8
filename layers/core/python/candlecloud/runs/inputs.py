"""The candles of a run: its own, and the finer ones that decide inside a bar. Their checksum is the data revision."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pyarrow as pa

from candlecloud.errors import ConflictError
from candlecloud.market.candle import MARKET_COLUMNS
from candlecloud.market.checksum import market_checksum
from candlecloud.strategies.signals.file import SignalsFile

RUN_COLUMNS = ("open_time", "close_time", *MARKET_COLUMNS)
"""Columns of the candles that a run reads."""


@dataclass(frozen=True)
class RunInputs:
    """Tables with `RUN_COLUMNS`, in order.

    Attributes
    ----------
    candles : pyarrow.Table
        Of the run's range and the warm-up before it.
    finer : pyarrow.Table or None
        Of the run's range, in a shorter timeframe; None where no stop can meet a target in one bar.
    signals : SignalsFile or None
        The user's own, whose id stands in the configuration; None for any other strategy.
    """

    candles: pa.Table
    finer: pa.Table | None = None
    signals: SignalsFile | None = None

    def revision(self) -> str:
        """SHA-256 (hex) of all candles that the run can see; own signals have a hash of their own, their id."""
        candles = market_checksum(self.candles)
        if self.finer is None:
            return candles
        return hashlib.sha256(f"{candles} {market_checksum(self.finer)}".encode()).hexdigest()

    def check_revision(self, data_revision: str) -> None:
        """Check that these are the candles that a run or sweep was submitted on.

        Raises
        ------
        ConflictError
            If not.
        """
        found = self.revision()
        if found != data_revision:
            raise ConflictError(
                "The stored candles have changed since this was submitted.",
                hint="Submit it again: it then runs on the current candles.",
                wanted=data_revision,
                found=found,
            )
