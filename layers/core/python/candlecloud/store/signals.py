"""Own signals: files as they were uploaded, for a day or two, and those that passed the check, for good.

A checked file lies under the hash of its content and never changes: whoever stores the same targets stores the same
object. Nothing deletes one: a run that names it can be computed again.
"""

from __future__ import annotations

from candlecloud.errors import InvalidParameterError
from candlecloud.store import keys
from candlecloud.store.objects import PARQUET, ObjectStore, WriteConflictError
from candlecloud.strategies.signals.file import SignalsFile


class SignalsStore:
    """Uploads by the SHA-256 of their bytes, checked files by the id of their content."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def put_upload(self, digest: str, body: bytes, content_type: str) -> None:
        """Keep a file as it came."""
        self._objects.put(keys.upload_object(digest), body, content_type=content_type)

    def has_upload(self, digest: str) -> bool:
        """Whether a file with this hash has come."""
        return self._objects.open(keys.upload_object(digest)) is not None

    def get_upload(self, digest: str, most_bytes: int) -> bytes | None:
        """A file as it came, or None.

        Raises
        ------
        InvalidParameterError
            If it is larger than it may be: it is then not read.
        """
        stored = self._objects.open(keys.upload_object(digest))
        if stored is None:
            return None
        if stored.size > most_bytes:
            raise InvalidParameterError(
                f"The file has {stored.size:,} bytes; at most {most_bytes:,} fit.",
                hint="Write it as Parquet, or split it by time or by sets.",
                field="bytes",
                allowed=most_bytes,
            )
        return stored.read()

    def upload_link(self, digest: str, size: int, content_type: str, seconds: int) -> tuple[str, dict[str, str]]:
        """A link that takes this one file without credentials, for a while, and the headers to send with it."""
        return self._objects.presigned_upload(keys.upload_object(digest), digest, size, content_type, seconds)

    def put(self, file: SignalsFile) -> None:
        """Store a checked file; one that is there stays as it is."""
        try:
            self._objects.replace(keys.signals_object(file.id), file.body, None, content_type=PARQUET)
        except WriteConflictError:
            return

    def get(self, signals_id: str) -> SignalsFile | None:
        """A checked file, or None if there is none.

        Raises
        ------
        CorruptObjectError
            If it is not what its id says.
        """
        stored = self._objects.get(keys.signals_object(signals_id))
        return None if stored is None else SignalsFile(stored.body, signals_id)
