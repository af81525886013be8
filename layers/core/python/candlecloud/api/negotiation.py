"""Which representation the client gets: the Accept header against what a route offers."""

from __future__ import annotations

from collections.abc import Sequence

from candlecloud.api.errors import NotAcceptableError

JSON = "application/json"
ARROW = "application/vnd.apache.arrow.stream"
HTML = "text/html"
PARQUET = "application/vnd.apache.parquet"

_MAX_LENGTH = 1000


def choose(accept: str | None, offered: Sequence[str]) -> str:
    """The media type to answer with.

    Parameters
    ----------
    accept : str or None
        The Accept header; None, empty and ``*/*`` take the first offer.
    offered : sequence of str
        Media types, best first: it decides between equal weights.

    Raises
    ------
    NotAcceptableError
        If the header excludes every offer.
    """
    if not accept or not accept.strip():
        return offered[0]
    ranges = [_parse(item) for item in accept[:_MAX_LENGTH].split(",")]
    weights = {media: _weight(media, ranges) for media in offered}
    best = max(offered, key=lambda media: weights[media])
    if weights[best] <= 0:
        raise NotAcceptableError(
            f"This route does not answer as {accept[:80]!r}.", field="Accept", available=list(offered)
        )
    return best


def _parse(item: str) -> tuple[str, float]:
    media, *parameters = (part.strip().lower() for part in item.split(";"))
    weight = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
    return media, weight if 0 <= weight <= 1 else 0.0


def _weight(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Weight of the most specific range that matches, 0 where none does."""
    found = dict(reversed(ranges))
    return next((found[m] for m in (media, media.split("/")[0] + "/*", "*/*") if m in found), 0.0)
