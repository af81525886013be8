"""Replies to requests with an Idempotency-Key: the work is done once, the same reply is given again.

Whoever claims a key holds it for a lease. If it dies, the next request with the key takes over under a higher fence,
and the dead one's late reply is refused.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from candlecloud.errors import ConflictError, IdempotencyConflictError
from candlecloud.store import keys
from candlecloud.store.objects import ObjectStore
from candlecloud.store.table import Item, Table

LEASE_MS = 60_000
KEPT_S = 86_400
_LONGEST_INLINE = 65_536  # bytes; longer replies are objects, an item may have 400 KB
_BINARY = "application/octet-stream"


@dataclass(frozen=True)
class Reply:
    """An HTTP reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Claim:
    """Outcome of `IdempotencyStore.claim`.

    Attributes
    ----------
    state : {'new', 'replay', 'in_progress'}
        New: do the work, then `complete` or `release`. Replay: give `reply`. In progress: another request is at it.
    """

    scope_hash: str
    state: Literal["new", "replay", "in_progress"]
    fence: int = 0
    reply: Reply | None = None


class IdempotencyStore:
    """Replies by the hash of caller, route and key."""

    def __init__(
        self, table: Table, objects: ObjectStore, *, new_id: Callable[[], str] = lambda: secrets.token_hex(8)
    ) -> None:
        self._table = table
        self._objects = objects
        self._new_id = new_id

    def claim(self, scope_hash: str, body_hash: str, now: int, lease_ms: int = LEASE_MS) -> Claim:
        """Ask whether this request was made before.

        Parameters
        ----------
        scope_hash : str
            SHA-256 (hex) of caller, route and Idempotency-Key.
        body_hash : str
            SHA-256 (hex) of the request's body.

        Raises
        ------
        IdempotencyConflictError
            If the key was used with another body.
        """
        owner = self._new_id()
        attributes = {"body_hash": body_hash, "owner": owner, "lease_until": now + lease_ms}
        free = "attribute_not_exists(#pk) OR #expires_at <= :seconds"
        item = keys.reply_item(scope_hash) | attributes | {"fence": 1, keys.TTL: now // 1000 + KEPT_S}
        write = self._table.put(item, free, {"seconds": now // 1000})
        if write.done or (write.old and write.old["owner"] == owner):
            return Claim(scope_hash, "new", fence=1)
        old = write.old
        if old is None:  # it was there and is gone: released meanwhile
            return Claim(scope_hash, "in_progress")
        if old["body_hash"] != body_hash:
            raise IdempotencyConflictError("This Idempotency-Key was used with another request body.")
        if "status" in old:
            return self._replay(scope_hash, old)
        return self._take_over(scope_hash, old, attributes, now)

    def complete(self, claim: Claim, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the reply to a claimed request.

        Raises
        ------
        ConflictError
            If the claim's lease ran out and another request took over.
        """
        reply: dict[str, object] = {"status": status, "headers": json.dumps(dict(headers))}
        if len(body) <= _LONGEST_INLINE:
            reply["body"] = body
        else:
            self._objects.put(keys.reply_object(claim.scope_hash), body, content_type=_BINARY)
        held = "#fence = :fence AND attribute_not_exists(#status)"
        write = self._table.update(
            keys.reply_item(claim.scope_hash), put=reply, condition=held, values={"fence": claim.fence}
        )
        if not write.done and (write.old or {}).get("fence") != claim.fence:
            raise ConflictError("Another request with this Idempotency-Key took over.")

    def release(self, claim: Claim) -> None:
        """Give a claim back after a failure that is worth trying again."""
        held = "#fence = :fence AND attribute_not_exists(#status)"
        self._table.delete(keys.reply_item(claim.scope_hash), held, {"fence": claim.fence})

    def _take_over(self, scope_hash: str, old: Item, attributes: Mapping[str, object], now: int) -> Claim:
        write = self._table.update(
            keys.reply_item(scope_hash),
            put=attributes,
            add={"fence": 1},
            condition="#fence = :fence AND #lease_until <= :now AND attribute_not_exists(#status)",
            values={"fence": old["fence"], "now": now},
        )
        if not write.done:
            return Claim(scope_hash, "in_progress")
        return Claim(scope_hash, "new", fence=old["fence"] + 1)

    def _replay(self, scope_hash: str, old: Item) -> Claim:
        body = old.get("body")
        if body is None:
            stored = self._objects.get(keys.reply_object(scope_hash))
            body = stored.body if stored else b""
        return Claim(scope_hash, "replay", old["fence"], Reply(old["status"], json.loads(old["headers"]), bytes(body)))
