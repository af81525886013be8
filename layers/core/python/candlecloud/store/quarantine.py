"""Rows that were refused, each kept once as a JSON object under its own digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from candlecloud.market.dataset import Dataset
from candlecloud.market.series import Instrument
from candlecloud.store import keys
from candlecloud.store.objects import ObjectStore


class QuarantineStore:
    """Refused rows of all series of a dataset."""

    def __init__(self, dataset: Dataset[Any, Any], objects: ObjectStore) -> None:
        self._dataset = dataset
        self._objects = objects

    def put(self, series: Instrument, reason: str, row: Any, payload_hash: str, now: int) -> str:
        """Keep a refused row; the same row of the same payload is one object, however often it comes.

        Parameters
        ----------
        reason : str
            One of `REASONS`, or of the dataset.
        row : object
            As it was received, anything `repr` can write.
        payload_hash : str
            SHA-256 (hex) of the whole answer it came in.
        now : int
            ms UTC.

        Returns
        -------
        str
            The object's key.
        """
        text = _plain(row)
        digest = hashlib.sha256(json.dumps([series.id, reason, text, payload_hash]).encode()).hexdigest()
        key = keys.quarantine_object(self._dataset, series, reason, digest)
        record = {"series": series.id, "reason": reason, "row": text, "payload_hash": payload_hash, "received_at": now}
        if self._objects.get(key) is None:  # the first time it came is the one worth keeping
            self._objects.put(key, json.dumps(record, sort_keys=True).encode())
        return key

    def list(self, series: Instrument) -> Iterator[Mapping[str, Any]]:
        """Refused rows of a series, by reason."""
        for key, _ in self._objects.list(keys.quarantine_prefix(self._dataset, series)):
            stored = self._objects.get(key)
            if stored is not None:
                yield json.loads(stored.body)


def _plain(row: Any) -> Any:
    """The row as strict JSON (NaN and foreign types as text)."""
    try:
        return json.loads(json.dumps(row, allow_nan=False))
    except (TypeError, ValueError):
        return repr(row)
