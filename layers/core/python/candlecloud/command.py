"""The `candlecloud` command: what an operator does beside the HTTP API.

    candlecloud tokens mint --name laptop --scopes read,run
    candlecloud signals upload targets.parquet --exchange binance --symbol BTC-USDT --timeframe 1h

Bucket and table come from ``CANDLECLOUD_BUCKET`` and ``CANDLECLOUD_TABLE`` or from flags; credentials from the usual
AWS sources.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from candlecloud.errors import CandlecloudError, InvalidParameterError
from candlecloud.settings import PREFIX, FunctionSettings
from candlecloud.store.api_tokens import SCOPES
from candlecloud.wiring import Runtime, read_settings

_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".arrows": "application/vnd.apache.arrow.stream",
    ".arrow": "application/vnd.apache.arrow.file",
    ".feather": "application/vnd.apache.arrow.file",
}


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
        print(options.do(options, Runtime("command", read_settings("command", FunctionSettings, environment))))
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
    mint.set_defaults(do=_mint_token)
    mint.add_argument("--scopes", default="read", help=f"comma-separated, of {', '.join(SCOPES)} (default: read)")
    signals = nouns.add_parser("signals", help="target positions of your own").add_subparsers(
        dest="verb", required=True
    )
    upload = signals.add_parser("upload", help="check a file and keep it; prints its id, for `signals` of a run")
    upload.set_defaults(do=_upload_signals)
    upload.add_argument("file", type=Path, help=f"{', '.join(_MEDIA_TYPES)}")
    for name in ("exchange", "symbol", "timeframe"):
        upload.add_argument(f"--{name}", required=True, help=f"{name} of the candles that the rows belong to")
    return parser


def _mint_token(options: argparse.Namespace, runtime: Runtime) -> str:
    scopes = [scope.strip() for scope in options.scopes.split(",") if scope.strip()]
    return runtime.stores.tokens.mint(options.name, scopes, runtime.clock())


def _upload_signals(options: argparse.Namespace, runtime: Runtime) -> str:
    """What `PUT /signals/files` does, by the same job, with the operator's own rights."""
    from candlecloud.jobs import check_signals  # brings Arrow, which minting a token does not need

    media_type = _MEDIA_TYPES.get(options.file.suffix.lower())
    if media_type is None:
        raise InvalidParameterError(
            f"{options.file.name} is none of {', '.join(_MEDIA_TYPES)}.", hint="Rename the file by what it is."
        )
    try:
        body = options.file.read_bytes()
    except OSError as error:
        raise InvalidParameterError(f"{options.file} can't be read: {error.strerror}.") from error
    digest = hashlib.sha256(body).hexdigest()
    runtime.stores.signals.put_upload(digest, body, media_type)
    series = {name: getattr(options, name) for name in ("exchange", "symbol", "timeframe")}
    event = {**series, "content_type": media_type, "sha256": digest, "bytes": len(body)}
    context = runtime.context(owner="command", deadline=runtime.clock())
    report = check_signals.run(check_signals.Request(event), context)
    if report.error is not None:
        raise CandlecloudError(report.error["message"], hint=report.error["hint"])
    return str(report.answer["signals_id"])
