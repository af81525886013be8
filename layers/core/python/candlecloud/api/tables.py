"""Rows in the forms for programs: as an Arrow stream or a Parquet file, and what a page of JSON may hold of them."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from candlecloud.api.negotiation import ARROW, JSON
from candlecloud.errors import InvalidParameterError


def write_table(rows: pa.Table, media_type: str) -> bytes:
    """The rows as the client asked for them."""
    sink = io.BytesIO()
    if media_type == ARROW:
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
    else:
        pq.write_table(rows, sink, compression="zstd")
    return sink.getvalue()


def check_limit(limit: int, media_type: str, most_in_json: int, instead: str) -> None:
    """Refuse a page of JSON that would be too long.

    Parameters
    ----------
    instead : str
        The media type that takes more.

    Raises
    ------
    InvalidParameterError
        With both ways out.
    """
    if media_type == JSON and limit > most_in_json:
        raise InvalidParameterError(
            f"limit: a JSON page has at most {most_in_json} rows.",
            hint=f"Send a smaller limit and follow next_cursor, or send 'Accept: {instead}'.",
            field="limit",
        )
