"""The Lambda Invoke API on loopback, and what lists a function's versions and aliases.

moto's state machine interpreter and the platform's own boto3 clients reach it through ``AWS_ENDPOINT_URL_LAMBDA``, so
neither knows that the function runs in the same process.
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from infra.local.functions import MAX_ASYNC_BYTES, MAX_SYNC_BYTES, LocalFunctions, UnknownFunctionError

HOST = "127.0.0.1"
_SIGNED = "AWS4-HMAC-SHA256"
"""Every AWS client signs; a web page that posts here from a browser on this machine cannot set the header."""
_LIST = re.compile(r"/2015-03-31/functions/([^/]+)/(versions|aliases)/?")
_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")


class LambdaServer:
    """Serves the functions on a loopback port until `stop`."""

    def __init__(self, functions: LocalFunctions) -> None:
        handler = type("BoundInvokeHandler", (_InvokeHandler,), {"functions": functions})
        self._server = ThreadingHTTPServer((HOST, 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="lambda", daemon=True)

    @property
    def url(self) -> str:
        """Endpoint for ``AWS_ENDPOINT_URL_LAMBDA``."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _InvokeHandler(BaseHTTPRequestHandler):
    functions: LocalFunctions
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.headers.get("Authorization", "").startswith(_SIGNED):
            self._fail(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
            return
        match = _INVOKE.fullmatch(urlsplit(self.path).path)
        if match is None:
            self._fail(404, "ResourceNotFoundException", f"local Lambda does not serve {self.path}")
            return
        name = unquote(match.group(1))
        qualifier = parse_qs(urlsplit(self.path).query).get("Qualifier", [None])[0]
        kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        limit = MAX_ASYNC_BYTES if kind == "Event" else MAX_SYNC_BYTES
        if len(body) > limit:
            self._fail(413, "RequestTooLargeException", f"{len(body)} byte payload is too large (limit {limit} bytes)")
            return
        if not _is_json(body):
            self._fail(400, "InvalidRequestContentException", "Could not parse request body into json")
            return
        try:
            self._invoke(kind, name, body, qualifier)
        except UnknownFunctionError as error:
            self._fail(404, "ResourceNotFoundException", str(error))

    def do_GET(self) -> None:
        """Answer what `prune_versions` asks: the versions and the aliases of a function."""
        if not self.headers.get("Authorization", "").startswith(_SIGNED):
            self._fail(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
            return
        match = _LIST.fullmatch(urlsplit(self.path).path)
        if match is None:
            self._fail(404, "ResourceNotFoundException", f"local Lambda does not serve {self.path}")
            return
        try:
            self.functions.find(unquote(match.group(1)))
        except UnknownFunctionError as error:
            self._fail(404, "ResourceNotFoundException", str(error))
            return
        answer = {
            "versions": {"Versions": [{"Version": version} for version in self.functions.published()]},
            "aliases": {
                "Aliases": [{"Name": n, "FunctionVersion": version} for n, version in self.functions.aliases().items()]
            },
        }[match.group(2)]
        self._answer(200, json.dumps(answer).encode(), {})

    def _invoke(self, kind: str, name: str, body: bytes, qualifier: str | None) -> None:
        if kind == "DryRun":
            self.functions.find(name, qualifier)
            self._answer(204, b"", {})
        elif kind == "Event":
            self.functions.invoke_event(name, body, qualifier)
            self._answer(202, b"", {})
        elif kind == "RequestResponse":
            result = self.functions.invoke(name, body, qualifier)
            headers = {"X-Amz-Executed-Version": result.version, "x-amzn-RequestId": result.request_id}
            if result.error is not None:
                headers["X-Amz-Function-Error"] = result.error
            self._answer(200, result.payload, headers)
        else:
            self._fail(400, "InvalidParameterValueException", f"unknown invocation type {kind}")

    def _fail(self, status: int, kind: str, message: str) -> None:
        body = json.dumps({"Type": "User", "Message": message}).encode()
        self._answer(status, body, {"x-amzn-ErrorType": kind})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is http.server's)
        """Say nothing: each function has its own log."""


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body or b"{}")
    except ValueError:
        return False
    return True
