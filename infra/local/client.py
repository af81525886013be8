"""A small HTTP client for the platform's API: what curl would do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 40.0


class ApiError(Exception):
    """The API answered with a problem; `problem` is its body."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(
            f"{status} {problem.get('code')}: {problem.get('message')} {problem.get('hint') or ''}".strip()
        )
        self.status = status
        self.problem = problem


@dataclass(frozen=True)
class Reply:
    """Status, headers (lower case) and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Parse the body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class ApiClient:
    """Talks to one address with one token."""

    base_url: str
    token: str | None = None

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and return whatever comes back; `body` is sent as JSON unless it is bytes."""
        sent = {"Accept": "application/json", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        address = urlsplit(self.base_url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, path + ("?" + urlencode(query) if query else ""), content, sent)
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, names, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **query: Any) -> Any:
        """GET as JSON.

        Raises
        ------
        ApiError
            On any answer but 2xx.
        """
        return _checked(self.send("GET", path, query=query)).json()

    def post(self, path: str, body: Any) -> Reply:
        """POST JSON and return the answer, whose status tells finished (200) from accepted (202).

        Raises
        ------
        ApiError
            On any answer but 2xx.
        """
        return _checked(self.send("POST", path, body=body))

    def pages(self, path: str, items: str, **query: Any) -> Iterator[Any]:
        """Yield the items of a list, following its cursor."""
        cursor: str | None = None
        while True:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page[items]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def wait(self, path: str, states: frozenset[str], *, timeout_s: float, every_s: float = 0.2) -> Iterator[Any]:
        """Poll a resource, yielding each answer, until its ``state`` is one of `states`.

        Raises
        ------
        TimeoutError
            When it does not get there in time.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            answer = self.get(path)
            yield answer
            if answer["state"] in states:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} is still {answer['state']} after {timeout_s:.0f} s")
            time.sleep(every_s)


def _checked(reply: Reply) -> Reply:
    if reply.status >= 300:
        try:
            problem = reply.json()
        except ValueError:
            problem = {"code": "no_json", "message": reply.body[:200].decode("utf-8", "replace")}
        raise ApiError(reply.status, problem)
    return reply
