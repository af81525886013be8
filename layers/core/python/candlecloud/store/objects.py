"""S3 objects: read whole or by ranges, conditional write, list."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from candlecloud.errors import TransientStoreError
from candlecloud.store.aws import error_code, store_border
from candlecloud.store.range_reads import TAIL_BYTES, RangedObject

JSON = "application/json"
PARQUET = "application/vnd.apache.parquet"
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
        answer = self._get(key)
        return None if answer is None else StoredObject(answer["ETag"], answer["Body"], answer.get("Metadata", {}))

    def open(self, key: str) -> RangedObject | None:
        """An object to be read by ranges, or None if there is none. It must not be empty.

        Every read is of the version that was there when it was opened; if another one took its place, reading raises
        `TransientStoreError`, and what opens it again reads the new one.
        """
        answer = self._get(key, Range=f"bytes=-{TAIL_BYTES}")
        if answer is None:
            return None
        etag, size = answer["ETag"], int(answer["ContentRange"].rpartition("/")[2])

        def fetch(start: int, end: int) -> bytes:
            part = self._get(key, Range=f"bytes={start}-{end - 1}", IfMatch=etag)
            if part is None:
                raise TransientStoreError("Could not read a stored object: it was removed.", reason="NoSuchKey")
            body: bytes = part["Body"]
            return body

        return RangedObject(fetch, size, answer["Body"])

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

    def presigned_upload(
        self, key: str, digest: str, size: int, content_type: str, seconds: int
    ) -> tuple[str, dict[str, str]]:
        """A URL that writes one object for a while without credentials, and the headers to send with it.

        S3 takes only what has this size and this SHA-256 (hex).
        """
        checksum = b64encode(bytes.fromhex(digest)).decode()
        wanted = {"Bucket": self.bucket, "Key": key, "ContentLength": size, "ContentType": content_type}
        with store_border("sign a link"):
            url: str = self._s3.generate_presigned_url(
                "put_object", Params=wanted | {"ChecksumSHA256": checksum}, ExpiresIn=seconds
            )
        return url, {"Content-Type": content_type, "x-amz-checksum-sha256": checksum}

    def _get(self, key: str, **conditions: str) -> dict[str, Any] | None:
        """The answer with its body read."""
        with store_border("read a stored object"):
            for attempt in range(_READ_ATTEMPTS):
                try:
                    answer = self._s3.get_object(Bucket=self.bucket, Key=key, **conditions)
                    return {**answer, "Body": answer["Body"].read()}
                except ClientError as error:
                    if error_code(error) in ("NoSuchKey", "404"):
                        return None
                    raise
                except BotoCoreError:  # a connection that broke while the body came: botocore does not retry that
                    if attempt == _READ_ATTEMPTS - 1:
                        raise
        raise AssertionError("unreachable")

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
