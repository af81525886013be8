"""Bearer tokens: 256 random bits, shown once; the table holds their SHA-256 only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from candlecloud.errors import InvalidParameterError
from candlecloud.store import keys
from candlecloud.store.table import Table

SCOPES = ("read", "run", "data:write", "admin")
_PREFIX = "cc_"  # lets secret scanners know one when they see it
_LONGEST = 200


@dataclass(frozen=True)
class TokenRecord:
    """Whom a token belongs to and what it allows; `token_id` names it in logs without giving it away."""

    token_id: str
    name: str
    scopes: frozenset[str]
    created_at: int


class TokenStore:
    """Tokens that open the API."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def mint(self, name: str, scopes: Iterable[str], now: int) -> str:
        """Make a token.

        Returns
        -------
        str
            The token itself. It is stored nowhere; show it once.

        Raises
        ------
        InvalidParameterError
            If a scope is unknown, or none is given.
        """
        wanted = sorted(set(scopes))
        unknown = [scope for scope in wanted if scope not in SCOPES]
        if unknown or not wanted:
            raise InvalidParameterError(
                f"{unknown[0]!r} is not a scope." if unknown else "A token needs a scope.",
                parameter="scopes",
                allowed=list(SCOPES),
            )
        token = _PREFIX + secrets.token_urlsafe(32)
        digest = _digest(token)
        self._table.put(
            keys.token_item(digest) | {"name": name, "scopes": " ".join(wanted), "created_at": now},
            "attribute_not_exists(#pk)",
        )
        return token

    def lookup(self, token: str) -> TokenRecord | None:
        """What a token allows; None for one that was never minted, or was revoked."""
        if not token.startswith(_PREFIX) or len(token) > _LONGEST:
            return None
        digest = _digest(token)
        item = self._table.get(keys.token_item(digest))
        if item is None:
            return None
        return TokenRecord(digest[:12], item["name"], frozenset(item["scopes"].split()), item["created_at"])

    def revoke(self, token: str) -> bool:
        """Forget a token; says whether there was one."""
        return self._table.delete(keys.token_item(_digest(token)), "attribute_exists(#pk)").done


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
