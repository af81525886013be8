"""The `candlecloud` command: what an operator does beside the HTTP API.

    candlecloud tokens mint --name laptop --scopes read,run

Bucket and table come from ``CANDLECLOUD_BUCKET`` and ``CANDLECLOUD_TABLE`` or from flags; credentials from the usual
AWS sources.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from candlecloud.errors import CandlecloudError
from candlecloud.settings import PREFIX, FunctionSettings
from candlecloud.store.api_tokens import SCOPES
from candlecloud.wiring import Runtime, read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the process's exit status: 0 done, 1 refused, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    environment = dict(os.environ)
    for name in ("bucket", "table"):
        variable = PREFIX + name.upper()
        environment[variable] = getattr(options, name) or environment.get(variable, "")
        if not environment[variable]:
            print(f"candlecloud: which {name}? Give --{name}, or set {variable}.", file=sys.stderr)
            return 2
    try:
        print(_mint_token(options, Runtime("command", read_settings("command", FunctionSettings, environment))))
    except CandlecloudError as error:
        print(f"candlecloud: {error}\n{error.hint}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="candlecloud", description="Operate a candlecloud deployment.")
    parser.add_argument("--bucket", help=f"S3 bucket (default: ${PREFIX}BUCKET)")
    parser.add_argument("--table", help=f"DynamoDB table (default: ${PREFIX}TABLE)")
    nouns = parser.add_subparsers(dest="noun", required=True)
    tokens = nouns.add_parser("tokens", help="bearer tokens of the HTTP API").add_subparsers(dest="verb", required=True)
    mint = tokens.add_parser("mint", help="make a token; it is shown once and stored only as a hash")
    mint.add_argument("--name", required=True, help="who or what will carry it")
    mint.add_argument("--scopes", default="read", help=f"comma-separated, of {', '.join(SCOPES)} (default: read)")
    return parser


def _mint_token(options: argparse.Namespace, runtime: Runtime) -> str:
    scopes = [scope.strip() for scope in options.scopes.split(",") if scope.strip()]
    return runtime.stores.tokens.mint(options.name, scopes, runtime.clock())
