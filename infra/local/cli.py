"""What the commands of this machine share: where they keep things, and how a failure that has a remedy is said."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from infra.local.cloud import UnsafeEnvironmentError
from infra.local.http_server import PortInUseError
from infra.local.resource import TemplateError
from infra.local.state import StateError

FOLDER = Path(".candlecloud")


def run_command(command: Callable[[], int]) -> int:
    """Run a command and return its exit status."""
    try:
        return command()
    except KeyboardInterrupt:
        print("candlecloud: stopped", file=sys.stderr)
        return 130
    except (PortInUseError, StateError, TemplateError, UnsafeEnvironmentError) as error:
        print(f"candlecloud: {error}", file=sys.stderr)
        return 1
