"""Files of own signals, on the wire."""

from __future__ import annotations

from pydantic import Field

from candlecloud.contract.fields import SeriesFields, Strict


class SignalFileQuery(SeriesFields):
    """The series that a file is for."""


class MissingRows(Strict):
    """A hole in the rows of a set: places of the grid, from `start` up to and without `end`."""

    set: int
    start: str
    end: str


class SignalFile(Strict):
    """A checked file of own signals. It never changes: other content has another id."""

    signals_id: str = Field(description="For `signals` of a run with strategy `signals`; made of the content")
    exchange: str
    symbol: str
    timeframe: str
    columns: list[str]
    sets: int = Field(description="Numbered from 0; parameter `set` of the strategy takes one")
    rows: int = Field(description="Of all sets")
    first_open: str
    first_open_ms: int
    last_open: str
    last_open_ms: int
    missing_rows: int = Field(
        description="Places of the grid between first and last row of a set that have none; a run that reads a candle "
        "there needs `signals_fill`"
    )
    first_missing: list[MissingRows] = Field(description="The first 20")
    first_decision: str = Field(description="The close after which the first row's target is wanted")
    first_decision_ms: int
    first_fill: str = Field(description="The open at which it fills at the earliest: the same instant")
    first_fill_ms: int
    meaning: str = Field(description="How a row is read")
    shift: str = Field(description="The mistake to look for: rows that are one bar early or late")
    look_ahead_test: str = Field(description="What a run of it says")


class UploadLink(Strict):
    """Where to send the file, and how."""

    method: str
    url: str = Field(description="Takes the file without the token, until `expires_at`")
    headers: dict[str, str] = Field(description="To be sent with it")
    expires_at: str
    expires_at_ms: int


class SignalFileWanted(Strict):
    """The file is not there yet: send it to the link, then send the same request again."""

    upload: UploadLink
