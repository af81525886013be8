"""A file of the user's own signals, as a request names it. A body, and the event of `check_signals`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from candlecloud.contract.fields import SeriesFields
from candlecloud.contract.refusals import refuse

MAX_UPLOAD_BYTES = 64 * 1024 * 1024
MediaType = Literal[
    "text/csv",
    "application/vnd.apache.parquet",
    "application/vnd.apache.arrow.stream",
    "application/vnd.apache.arrow.file",
]

MEDIA_TYPES: tuple[str, ...] = get_args(MediaType)


class SignalsUpload(SeriesFields):
    """Which candles a file is for, what it is, and which file it is."""

    content_type: Annotated[MediaType, Field(description="What the file is")] = "text/csv"
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Of the file's bytes, in hex")]
    bytes: Annotated[int, Field(strict=True, ge=1, le=MAX_UPLOAD_BYTES, description="Size of the file")]

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Read what did not come as a body.

        Raises
        ------
        InvalidInputError
            Of the class that fits the first wrong field; ``details["field"]`` names it.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise refuse(error) from error

    @model_validator(mode="after")
    def _settle(self) -> Self:
        self.symbol, self.coin = self.symbol_key, None
        return self

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, and what `from_dict` reads back equal."""
        return self.model_dump(mode="json", exclude_none=True)
