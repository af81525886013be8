"""``python -m infra.local demo`` and ``python -m infra.local serve``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.local.cloud import UnsafeEnvironmentError
from infra.local.http_server import PortInUseError
from infra.local.resource import TemplateError
from infra.local.state import StateError

FOLDER = Path(".candlecloud")
REPORT = FOLDER / "report.html"
PORT = 8787


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description="The platform on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="recorded candles in, backtest and sweep out, a report at the end")
    demo.add_argument("--report", type=Path, default=REPORT, help=f"file to write (default {REPORT})")
    serve = commands.add_parser("serve", help="keep the platform up, schedules firing")
    serve.add_argument("--port", type=int, default=PORT, help=f"port of the API on loopback (default {PORT})")
    serve.add_argument("--fresh", action="store_true", help="forget the saved state and start empty")
    serve.add_argument(
        "--speed", type=float, default=1.0, help="recorded seconds per real second (default 1, 60 = an hour a minute)"
    )
    given = parser.parse_args(arguments)
    try:
        if given.command == "demo":
            return _demo(given.report)
        from infra.local.server import serve_platform

        return serve_platform(FOLDER, port=given.port, fresh=given.fresh, speed=given.speed)
    except KeyboardInterrupt:
        print("candlecloud: stopped", file=sys.stderr)
        return 130
    except (PortInUseError, StateError, TemplateError, UnsafeEnvironmentError) as error:
        print(f"candlecloud: {error}", file=sys.stderr)
        return 1


def _demo(report: Path) -> int:
    from infra.local.demo import run_demo
    from infra.local.progress import Steps

    steps = Steps()
    run_demo(report, steps, logs=FOLDER / "demo-logs")
    steps.console.print(f"\nReport: [bold]{report}[/bold]  [dim]({steps.seconds:.0f} s in all)[/dim]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
