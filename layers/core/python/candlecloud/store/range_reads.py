"""One version of an object as a file that is read by ranges: only what is asked for is fetched."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

TAIL_BYTES = 65_536
"""Fetched when the file is opened: the footer of a Parquet file, or all of a small one."""
_GAP_BYTES = 65_536  # ranges nearer than this are one request: a request costs as much time as a megabyte
_THREADS = 8

Range = tuple[int, int]


class RangedObject(io.RawIOBase):
    """A seekable file over ranged requests.

    Parameters
    ----------
    fetch : callable
        First and last position but one to the bytes between, always of the same version.
    size : int
        Bytes of the object.
    tail : bytes
        Its end, as much as is there already.
    """

    def __init__(self, fetch: Callable[[int, int], bytes], size: int, tail: bytes) -> None:
        self._fetch = fetch
        self._size = size
        self._tail = (size - len(tail), tail)
        self._held: list[tuple[int, bytes]] = []
        self._place = 0

    @property
    def size(self) -> int:
        """Bytes of the object."""
        return self._size

    def prefetch(self, ranges: Iterable[Range]) -> None:
        """Fetch half-open ranges, several at once and neighbours together; what was fetched before is let go."""
        self._held = []
        wanted = [(start, min(end, self._tail[0])) for start, end in _joined(ranges) if start < self._tail[0]]
        if len(wanted) < 2:
            self._held = [(start, self._fetch(start, end)) for start, end in wanted]
            return
        with ThreadPoolExecutor(min(_THREADS, len(wanted))) as pool:
            bodies = pool.map(lambda wide: self._fetch(*wide), wanted)
            self._held = [(start, body) for (start, _), body in zip(wanted, bodies, strict=True)]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence] + offset
        return self._place

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._place + size, self._size)
        body = self._between(self._place, end) if self._place < end else b""
        self._place += len(body)
        return body

    def _between(self, start: int, end: int) -> bytes:
        for at, body in (self._tail, *self._held):
            if at <= start and end <= at + len(body):
                return body[start - at : end - at]
        at, tail = self._tail
        if start < at < end:
            return self._between(start, at) + tail[: end - at]
        return self._fetch(start, end)


def _joined(ranges: Iterable[Range]) -> list[Range]:
    found: list[Range] = []
    for start, end in sorted(ranges):
        if found and start - found[-1][1] <= _GAP_BYTES:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
