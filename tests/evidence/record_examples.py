"""Make the documentation's calls and keep their answers: ``python -m tests.evidence.record_examples``.

Run it after a change of the contract, then ``python -m infra.generate``.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from tests.support.api_world import api_world
from tests.support.example_player import media_of, play, shown_of
from tests.support.example_requests import CALLS


def main() -> None:
    """Write ``examples.json``."""
    answers: dict[str, Any] = {}
    recorded = []
    with api_world(max_wait_s=0.2) as world:
        for call in CALLS:
            made = call | {"request": _resolve(call["request"], answers)}
            response = play(world, made)
            assert response.status_code == call["status"], (call["name"], response.status_code, response.text)
            shown = shown_of(response)
            answers[call["name"]] = shown
            recorded.append(made | media_of(response) | {"response": shown})
    target = Path(str(files("candlecloud.api").joinpath("examples.json")))
    target.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(recorded)} calls recorded")


def _resolve(value: Any, answers: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _resolve(item, answers) for key, item in value.items()}
    if isinstance(value, str) and value.startswith("$"):
        name, _, field = value[1:].partition(".")
        return answers[name][field]
    return value


if __name__ == "__main__":
    main()
