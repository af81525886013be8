"""Requests for data on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from candlecloud.contract.fields import RangeFields, SeriesFields, Strict


class BackfillRequest(SeriesFields, RangeFields):
    """Fetch what a series lacks in a range; without a range, from its listing until now."""


class BackfillAccepted(Strict):
    """The backfill has been handed to its job."""

    status: Literal["accepted"] = "accepted"
    exchange: str
    symbol: str
    timeframe: str
    start: str | None
    start_ms: int | None
    end: str | None
    end_ms: int | None
    follow: str = Field(description="Where the outcome shows: the gaps of the series")
