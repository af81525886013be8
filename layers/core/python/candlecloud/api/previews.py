"""Asking the function that computes features and targets, and handing its errors on as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from candlecloud.api.app_context import AppContext
from candlecloud.api.responses import both_forms
from candlecloud.contract.fields import SeriesFields, refuse_future
from candlecloud.contract.preview import FeaturesRequest, SignalsRequest
from candlecloud.errors import CandlecloudError

Asked = TypeVar("Asked", FeaturesRequest, SignalsRequest)


def from_query(model: type[Asked], query: SeriesFields, **others: Any) -> Asked:
    """The request that a query makes; what it says in its own way comes as `others`.

    Raises
    ------
    InvalidInputError
        Of the class that fits the first wrong field.
    """
    shared = query.model_dump(mode="json", include=set(model.model_fields), exclude_none=True)
    return model.from_dict(shared | {"symbol": query.symbol_key, **others}, place="query")


def compute(app: AppContext, request: FeaturesRequest | SignalsRequest) -> dict[str, Any]:
    """Have a request computed, and return the answer.

    Raises
    ------
    CandlecloudError
        What the function reported; or the data that is asked for lies in the future.
    """
    refuse_future(request.as_of, app.clock())
    report = app.dispatcher.ask("preview_series", request.to_dict())
    if report["error"] is not None:
        raise reported_error(report["error"])
    answer: dict[str, Any] = report["answer"]
    return answer


def reported_error(failure: Mapping[str, Any]) -> CandlecloudError:
    """An error that another function wrote down, as the class that its code names."""
    kind = next((kind for kind in _kinds(CandlecloudError) if kind.code == failure["code"]), CandlecloudError)
    error = kind(failure["message"], hint=failure["hint"])
    error.details = dict(failure["details"])
    return error


def bar_times(bar: Mapping[str, Any]) -> dict[str, Any]:
    """Open, close and closing price of a bar."""
    return {
        **both_forms(open_time=bar["open_time"], close_time=bar["close_time"]),
        "close": bar["close"],
    }


def _kinds(kind: type[CandlecloudError]) -> list[type[CandlecloudError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _kinds(child))]
