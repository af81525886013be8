"""Check a file of the user's own signals, and store it under the hash of its content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from candlecloud.contract.signals_upload import MAX_UPLOAD_BYTES, SignalsUpload
from candlecloud.errors import CandlecloudError, InvalidParameterError, SeriesNotFoundError
from candlecloud.jobs.context import Context
from candlecloud.runs.lifecycle import describe_failure
from candlecloud.store.stores import Stores
from candlecloud.strategies.signals.check import check_signals


@dataclass(frozen=True)
class Request:
    """An event as it came: what is wrong with it is part of the answer."""

    event: Mapping[str, Any]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        return cls(event)


@dataclass(frozen=True)
class Report:
    """What the file holds, or the error that the user is to see."""

    answer: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"answer": self.answer, "error": self.error}


def run(request: Request, context: Context) -> Report:
    """Check; an error of the domain is part of the answer, because the API waits for it. Twice is once."""
    try:
        return Report(_store_checked(SignalsUpload.from_dict(request.event), context.stores))
    except CandlecloudError as error:
        return Report(error=describe_failure(error))


def _store_checked(asked: SignalsUpload, stores: Stores) -> dict[str, Any]:
    series = asked.series
    available = stores.candles.available_range(series)
    if available is None:
        raise SeriesNotFoundError(f"There are no candles of {series}.", series=series.id)
    body = stores.signals.get_upload(asked.sha256, MAX_UPLOAD_BYTES)
    if body is None:
        raise InvalidParameterError(
            "No file with this hash has been uploaded.", hint="Send the file first.", field="sha256"
        )
    if hashlib.sha256(body).hexdigest() != asked.sha256:
        raise InvalidParameterError(
            "The file that was uploaded has another hash than this request says.",
            hint="Send the file again, whole, and its own SHA-256.",
            field="sha256",
        )
    file = check_signals(body, asked.content_type, series, available)
    stores.signals.put(file)
    return file.describe()
