"""Make moto behave as AWS does under threads: one request at a time.

moto's backends are plain dictionaries. Without a lock two conditional writes of one key can both win, counters lose
counts, and a read during an overwrite dies. The lock is taken where moto answers a request, not where a client sends
one, so it is never held while a request to another address (a local Lambda endpoint) is under way. In-process mode and
the moto server both pass here.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from moto.core.responses import BaseResponse
from moto.s3.responses import S3Response

LOCK = threading.RLock()

_ANSWERING = (
    (BaseResponse, "_dispatch"),
    (S3Response, "ambiguous_response"),
    (S3Response, "bucket_response"),
    (S3Response, "key_response"),
)
_originals: dict[tuple[type, str], Callable[..., Any]] = {}


def install() -> None:
    """Serialise moto in this process. Once is enough; more often does nothing."""
    with LOCK:
        for owner, name in _ANSWERING:
            if (owner, name) not in _originals:
                _originals[owner, name] = getattr(owner, name)
                setattr(owner, name, _locked(_originals[owner, name]))


def uninstall() -> None:
    """Give moto back as it was."""
    with LOCK:
        for (owner, name), original in _originals.items():
            setattr(owner, name, original)
        _originals.clear()


def _locked(answer: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(answer)
    def one_at_a_time(*args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return answer(*args, **kwargs)

    return one_at_a_time
