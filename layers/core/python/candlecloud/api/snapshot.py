"""Write the OpenAPI document to ``docs/openapi.json``: ``python -m candlecloud.api.snapshot``.

With ``--check`` it only says whether the file is up to date.
"""

from __future__ import annotations

import sys
from pathlib import Path

from candlecloud.api.app import create_app
from candlecloud.api.openapi import as_json

SNAPSHOT = Path("docs/openapi.json")


def main(arguments: list[str]) -> int:
    """Write the snapshot, or check it."""
    current = as_json(create_app(None))
    if "--check" in arguments:
        same = SNAPSHOT.exists() and SNAPSHOT.read_bytes() == current
        print(f"{SNAPSHOT}: " + ("up to date" if same else "out of date; run python -m candlecloud.api.snapshot"))
        return 0 if same else 1
    SNAPSHOT.parent.mkdir(exist_ok=True)
    SNAPSHOT.write_bytes(current)
    print(f"{SNAPSHOT}: written, {len(current)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
