"""``python -m infra.local``: keep the platform up on this machine, schedules firing."""

from __future__ import annotations

import argparse
import sys

from infra.local.cli import FOLDER, run_command
from infra.local.server import serve_platform

PORT = 8787


def main(arguments: list[str] | None = None) -> int:
    """Serve, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help=f"port of the API on loopback (default {PORT})")
    parser.add_argument("--fresh", action="store_true", help="forget the saved state and start empty")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="recorded seconds per real second (default 1, 60 = an hour a minute)"
    )
    given = parser.parse_args(arguments)
    return run_command(lambda: serve_platform(FOLDER, port=given.port, fresh=given.fresh, speed=given.speed))


if __name__ == "__main__":
    sys.exit(main())
