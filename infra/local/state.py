"""Keep the embedded AWS over a restart: every object and every item in one file.

moto lives in memory. The dump is one zip that is written beside the old one and then put in its place, so that a kill
at any moment leaves either the old state or the new one. Executions of state machines are not kept: the platform
starts unfinished sweeps again, which is safe because their batches write to fixed keys.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import boto3

FILE = "state.zip"
_MANIFEST = "manifest.json"
_VERSION = 1
_OBJECT_HEADERS = ("ContentType", "ContentEncoding", "CacheControl", "ContentDisposition")
_BATCH = 25


class StateError(Exception):
    """The saved state cannot be read; the message says what to do."""


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Keep a second platform away from the folder.

    Raises
    ------
    StateError
        When another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateError(f"another local platform uses {folder.name}/; stop it first") from None
        yield


class StateFile:
    """Saves and restores the embedded AWS.

    Parameters
    ----------
    folder
        Ignored folder of the project; made when missing.
    session
        boto3 session on the embedded AWS.
    lock
        Held during a save, so that objects and items fit together.
    """

    def __init__(self, folder: Path, session: boto3.Session, lock: AbstractContextManager[Any]) -> None:
        self.path = folder / FILE
        self._s3 = session.client("s3")
        self._dynamodb = session.client("dynamodb")
        self._lock = lock

    def exists(self) -> bool:
        """Whether there is a saved state."""
        return self.path.exists()

    def save(self, extra: dict[str, Any] | None = None) -> int:
        """Write everything to the file and return its size in bytes.

        Parameters
        ----------
        extra
            JSON-able facts to keep beside, such as the clock.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".tmp")
        with self._lock, zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            manifest: dict[str, Any] = {"version": _VERSION, "extra": extra or {}, "objects": [], "tables": {}}
            for number, (entry, body) in enumerate(self._objects()):
                archive.writestr(f"objects/{number}", body)
                manifest["objects"].append(entry)
            for table in self._dynamodb.list_tables()["TableNames"]:
                manifest["tables"][table] = [_to_json(item) for item in self._items(table)]
            archive.writestr(_MANIFEST, json.dumps(manifest), zipfile.ZIP_DEFLATED)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(draft, self.path)
        return self.path.stat().st_size

    def restore(self) -> dict[str, Any]:
        """Put the saved objects and items into the (empty) embedded AWS and return the extra facts.

        Raises
        ------
        StateError
            When the file is torn or from another version.
        """
        try:
            with zipfile.ZipFile(self.path) as archive:
                manifest = json.loads(archive.read(_MANIFEST))
                if manifest["version"] != _VERSION:
                    raise StateError(f"{FILE} is of version {manifest['version']}; start with --fresh")
                for number, entry in enumerate(manifest["objects"]):
                    self._s3.put_object(Body=archive.read(f"objects/{number}"), **entry)
        except (zipfile.BadZipFile, KeyError, ValueError) as error:
            raise StateError(f"{FILE} cannot be read ({error}); start with --fresh to begin empty") from error
        for table, items in manifest["tables"].items():
            self._put_items(table, [_from_json(item) for item in items])
        extra: dict[str, Any] = manifest["extra"]
        return extra

    def discard(self) -> None:
        """Forget the saved state."""
        self.path.unlink(missing_ok=True)

    def _objects(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        for bucket in self._s3.list_buckets()["Buckets"]:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"])
            for summary in (item for page in pages for item in page.get("Contents", [])):
                answer = self._s3.get_object(Bucket=bucket["Name"], Key=summary["Key"])
                entry = {"Bucket": bucket["Name"], "Key": summary["Key"], "Metadata": answer["Metadata"]}
                entry |= {name: answer[name] for name in _OBJECT_HEADERS if answer.get(name)}
                yield entry, answer["Body"].read()

    def _items(self, table: str) -> Iterator[dict[str, Any]]:
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=table):
            yield from page["Items"]

    def _put_items(self, table: str, items: list[dict[str, Any]]) -> None:
        for start in range(0, len(items), _BATCH):
            requests = [{"PutRequest": {"Item": item}} for item in items[start : start + _BATCH]]
            left = self._dynamodb.batch_write_item(RequestItems={table: requests})["UnprocessedItems"]
            if left:
                raise StateError(f"{len(left)} items of {table} were not taken back; start with --fresh")


def _to_json(value: Any) -> Any:
    """DynamoDB's wire types as JSON; bytes become ``{"__bytes__": base64}``."""
    if isinstance(value, bytes):
        return {"__bytes__": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_to_json(item) for item in value]
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"__bytes__"}:
            return base64.b64decode(value["__bytes__"])
        return {key: _from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    return value
