"""The embedded AWS: moto in this process, serialised by a lock, and walled off from the real one.

Three walls, because a local mode that reaches a real account by accident would be worse than none: it does not start
with a real endpoint in the environment, it works with dummy credentials only, and botocore's own HTTP sender is
replaced by one that opens connections to loopback and to nothing else.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.httpsession import URLLib3Session
from moto import mock_aws
from moto.core.models import responses_mock

from infra.local import moto_lock
from infra.local.template import REGION

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
}
# Anything that would give boto3 another account, endpoint or retry behaviour than local mode means.
CLEARED = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
SETTINGS = {
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "POWERTOOLS_TRACE_DISABLED": "true",
}


class UnsafeEnvironmentError(RuntimeError):
    """Local mode could reach a real account; it does not start."""


class RealAwsRefusedError(RuntimeError):
    """Something in local mode tried to talk to a host that is not this machine."""


def check_environment(environment: Mapping[str, str]) -> None:
    """Refuse an environment that points at real endpoints or runs inside AWS.

    Raises
    ------
    UnsafeEnvironmentError
        Naming the variable and what to do.
    """
    for name, value in sorted(environment.items()):
        if name.startswith("AWS_ENDPOINT_URL") and value and not is_loopback(value):
            raise UnsafeEnvironmentError(f"{name} points to another machine; local mode is for this one: unset {name}")
    if environment.get("AWS_LAMBDA_RUNTIME_API"):
        raise UnsafeEnvironmentError("AWS_LAMBDA_RUNTIME_API is set: this is a Lambda, not a place for local mode")


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def local_cloud() -> Iterator[None]:
    """Run an empty embedded AWS for as long as the context lasts.

    Raises
    ------
    UnsafeEnvironmentError
        When the environment could lead to a real account.
    """
    check_environment(os.environ)
    endpoints = tuple(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL"))
    with ExitStack() as stack:
        stack.enter_context(_environment({**CREDENTIALS, **SETTINGS}, (*CLEARED, *endpoints)))
        stack.enter_context(_loopback_only())
        stack.enter_context(
            mock_aws(config={"core": {"mock_credentials": False}, "stepfunctions": {"execute_state_machine": True}})
        )
        # moto also patches `requests`, for code that calls AWS without boto3. We have none, ccxt does not need the
        # detour, and every request would be matched against some 2,400 patterns.
        responses_mock.stop()
        moto_lock.install()
        # moto warns at every parse that it ignores tolerated failures; nothing of ours depends on them.
        logging.getLogger("moto").addHandler(logging.NullHandler())
        # The interpreter makes clients from boto3's default session in many threads at once, which is safe only
        # once the session has loaded its parts.
        boto3.client("lambda", region_name=REGION)
        yield


@contextmanager
def lambda_endpoint(url: str) -> Iterator[None]:
    """Point boto3's Lambda clients at the loopback server.

    Raises
    ------
    UnsafeEnvironmentError
        When the URL is not on this machine.
    """
    if not is_loopback(url):
        raise UnsafeEnvironmentError(f"{url} is not on this machine")
    with _environment({"AWS_ENDPOINT_URL_LAMBDA": url}, ()):
        yield


@contextmanager
def _environment(values: Mapping[str, str], cleared: tuple[str, ...]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in (*values, *cleared)}
    for name in cleared:
        os.environ.pop(name, None)
    os.environ.update(values)
    try:
        yield
    finally:
        for name, old in before.items():
            if old is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = old


@contextmanager
def _loopback_only() -> Iterator[None]:
    real_send = URLLib3Session.send

    def send(self: URLLib3Session, request: Any) -> Any:
        if not is_loopback(request.url):
            host = urlsplit(request.url).hostname
            raise RealAwsRefusedError(f"local mode does not talk to {host}; the embedded AWS has no such service")
        return real_send(self, request)

    URLLib3Session.send = send
    try:
        yield
    finally:
        URLLib3Session.send = real_send
