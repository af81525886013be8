"""The embedded AWS behind a URL, for tests with several processes: moto's server, serialised by our lock.

`python -m tests.support.moto_server` serves on a free port, prints its URL, and ends when its standard input does.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

from candlecloud.store.aws import AwsClients
from candlecloud.store.stores import Stores, build_stores
from tests.support.cloud import BUCKET, CREDENTIALS, TABLE, create_resources

_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def moto_server() -> Iterator[str]:
    """Run the server in a process of its own; gives its URL, with our bucket and table in it."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.moto_server"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        url = server.stdout.readline().strip()
        session = boto3.Session(**CREDENTIALS)
        create_resources(session.client("s3", endpoint_url=url), session.client("dynamodb", endpoint_url=url))
        yield url
    finally:
        server.stdin.close()
        server.wait(20)
        server.stdout.close()


def environment(url: str) -> dict[str, str]:
    """Variables with which any process of ours finds the server."""
    return os.environ | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": CREDENTIALS["region_name"],
    }


def stores_from_environment() -> Stores:
    """Stores as a process with `environment` sees them."""
    return build_stores(AwsClients(), BUCKET, TABLE)


def _serve() -> None:
    from moto.server import ThreadedMotoServer

    from infra.local import moto_lock

    moto_lock.install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    _serve()
