"""The least of a cloud that handlers need to run: moto's server, the replay exchange, a Lambda that takes notes."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

from candlecloud.settings import PREFIX
from candlecloud.store.aws import AwsClients
from candlecloud.store.stores import build_stores
from infra.functions import FUNCTIONS
from infra.local import moto_lock
from infra.local.parts import read_functions
from infra.local.provision import provision
from infra.local.replay import ReplayExchange
from infra.local.template import REGION, Template

_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "bare", "AWS_SECRET_ACCESS_KEY": "bare", "AWS_DEFAULT_REGION": REGION}


@dataclass
class SmallCloud:
    """What is running, and how a function finds it.

    Attributes
    ----------
    environments
        Job to the variables of its function.
    token
        A bearer token with every scope that a test needs.
    exchange
        The market, for its clock.
    invoked
        Payloads of asynchronous invocations, by function name.
    """

    environments: dict[str, dict[str, str]]
    token: str
    exchange: ReplayExchange
    invoked: dict[str, list[Any]] = field(default_factory=dict)

    def started_sweeps(self) -> list[str]:
        """Inputs of the state machine's executions: the sweep ids."""
        client = boto3.client("stepfunctions")
        (machine,) = client.list_state_machines()["stateMachines"]
        executions = client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
        inputs = [client.describe_execution(executionArn=e["executionArn"])["input"] for e in executions]
        return [json.loads(text)["run_id"] for text in inputs]


@contextmanager
def small_cloud(now: int) -> Iterator[SmallCloud]:
    """Run it all on loopback; this process's AWS variables point to it meanwhile."""
    moto_lock.install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # or it prints every request
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    notes: dict[str, list[Any]] = {}
    lambda_ = _start_lambda(notes)
    with ReplayExchange() as exchange:
        aws = {
            **_CREDENTIALS,
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ENDPOINT_URL_LAMBDA": f"http://127.0.0.1:{lambda_.server_address[1]}",
        }
        os.environ.update(aws)
        template = Template.load()
        provision(template, boto3.Session())
        functions = read_functions(template, list(FUNCTIONS))
        urls = {f"{PREFIX}EXCHANGE_URLS": json.dumps(exchange.base_urls()), f"{PREFIX}MIN_INTERVAL_MS": "0"}
        environments = {job: {**part.environment, **aws, **urls} for job, part in functions.items()}
        variables = environments["api"]
        stores = build_stores(AwsClients(), variables[f"{PREFIX}BUCKET"], variables[f"{PREFIX}TABLE"])
        token = stores.tokens.mint("bundle", ["read", "run", "data:write"], now)
        try:
            yield SmallCloud(environments, token, exchange, notes)
        finally:
            lambda_.shutdown()
            lambda_.server_close()
            moto.stop()


def _start_lambda(notes: dict[str, list[Any]]) -> ThreadingHTTPServer:
    """Serve just enough of Lambda to be told what should run, and to have no versions."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            notes.setdefault(self.path.split("/")[3], []).append(json.loads(body))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            """Nothing is published yet: what `prune_versions` is told."""
            body = b'{"Versions": [{"Version": "$LATEST"}], "Aliases": []}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is http.server's)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, name="lambda", daemon=True).start()
    return server
