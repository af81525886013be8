"""The table of bad requests, made on a real application: ``python -m tests.evidence.bad_requests``.

``--bodies`` prints the whole answers.
"""

from __future__ import annotations

import json
import sys

from tests.support.api_world import api_world
from tests.support.bad_request_table import TABLE, send


def main(arguments: list[str]) -> int:
    """Print one line per request; fails if an answer is not the wanted one."""
    wrong = highest = 0
    with api_world() as world:
        for row in TABLE:
            response = send(world, row)
            body = response.json()
            good = (response.status_code, body["code"]) == (row.status, row.code)
            wrong += not good
            print(
                f"{response.status_code} {body['code']:<22} {row.title:<34} {body['message']} -> {body['hint']}"[:230]
            )
            if "--bodies" in arguments:
                print(json.dumps(body, indent=2, ensure_ascii=False))
            highest = max(highest, response.status_code)
    print(f"{len(TABLE)} bad requests, {wrong} with another answer than wanted, highest status {highest}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
