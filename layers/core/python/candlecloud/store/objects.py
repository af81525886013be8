"""S3 objects: read, conditional write, list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from candlecloud.store.aws import error_code, store_border

JSON = "application/json"
_READ_ATTEMPTS = 3
# PreconditionFailed: the object changed. ConditionalRequestConflict: a concurrent write won. NoSuchKey: it was removed.
_CONFLICT_CODES = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "412", "409", "404"}


class WriteConflictError(Exception):
    """The object is no longer what the condition of a write says. Handled inside the store."""


@dataclass(frozen=True)
class StoredObject:
    """An object's content and the ETag that names this version of it."""

    etag: str
    body: bytes
    metadata: Mapping[str, str] = field(default_factory=dict)


class ObjectStore:
    """The one bucket."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def get(self, key: str) -> StoredObject | None:
        """Read an object, or None if there is none."""
        with store_border("read a stored object"):
            for attempt in range(_READ_ATTEMPTS):
                try:
                    answer = self._s3.get_object(Bucket=self.bucket, Key=key)
                    return StoredObject(answer["ETag"], answer["Body"].read(), answer.get("Metadata", {}))
                except ClientError as error:
                    if error_code(error) in ("NoSuchKey", "404"):
                        return None
                    raise
                except BotoCoreError:  # a connection that broke while the body came: botocore does not retry that
                    if attempt == _READ_ATTEMPTS - 1:
                        raise
        raise AssertionError("unreachable")

    def put(self, key: str, body: bytes, *, content_type: str = JSON, metadata: Mapping[str, str] | None = None) -> str:
        """Write an object whatever was there; returns its ETag."""
        return self._put(key, body, content_type, metadata, {})

    def replace(
        self, key: str, body: bytes, etag: str | None, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> str:
        """Write an object only if it still is the version that was read (None: if it still does not exist).

        Raises
        ------
        WriteConflictError
            If it is not.
        TransientStoreError
            If no answer came: whether the write took place is then unknown.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        return self._put(key, body, content_type, metadata, condition)

    def list(self, prefix: str) -> Iterator[tuple[str, str]]:
        """(key, ETag) of every object whose key begins so, in order of keys."""
        request: dict[str, Any] = {"Bucket": self.bucket, "Prefix": prefix}
        while True:
            with store_border("list stored objects"):
                page = self._s3.list_objects_v2(**request)
            yield from ((entry["Key"], entry["ETag"]) for entry in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def presigned_url(self, key: str, seconds: int) -> str:
        """A URL that reads one object for a while without credentials."""
        with store_border("sign a link"):
            url: str = self._s3.generate_presigned_url(
                "get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=seconds
            )
        return url

    def _put(
        self, key: str, body: bytes, content_type: str, metadata: Mapping[str, str] | None, condition: dict[str, str]
    ) -> str:
        with store_border("write a stored object"):
            try:
                answer = self._s3.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    ContentType=content_type,
                    Metadata=dict(metadata or {}),
                    **condition,
                )
            except ClientError as error:
                if condition and error_code(error) in _CONFLICT_CODES:
                    raise WriteConflictError(key) from error
                raise
        etag: str = answer["ETag"]
        return etag
