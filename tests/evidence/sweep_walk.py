"""The walk of one sweep request, from its POST to the collected results, as it is seen at run time.

Run as a file, so that it also reads an earlier checkout, with that one's own interpreter and ``PYTHONPATH``.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from pydantic import BaseModel

import candlecloud
from tests.support.api_world import api_world

LIBRARY = Path(candlecloud.__file__).parent
SWEEP = {"exchange": "binance", "symbol": "BTC-USDT", "timeframe": "1h", "strategy": "dual_sma"}


class Walk:
    """What ran while it is on: every call of a function of the library, and every configuration that was built."""

    def __init__(self) -> None:
        self.on = False
        self.calls: Counter[CodeType] = Counter()
        self.built: Counter[str] = Counter()

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        """Note a call; the interpreter tells of each."""
        code = frame.f_code
        # Modules and class bodies run when they are imported: that is no part of the walk.
        if not self.on or event != "call" or not code.co_flags & inspect.CO_OPTIMIZED:
            return
        if not code.co_filename.startswith(str(LIBRARY)):
            return
        self.calls[code] += 1
        owner = frame.f_locals.get("self", frame.f_locals.get("cls"))
        kind = owner if isinstance(owner, type) else type(owner)
        if code.co_name == _builder_of(kind):
            self.built[kind.__name__] += 1


def _builder_of(kind: type) -> str | None:
    """The function that runs once for each configuration of this class; None where it is none.

    A model of pydantic is built without a frame of Python, so its first check stands for it.
    """
    names = {*getattr(kind, "__dataclass_fields__", ()), *getattr(kind, "model_fields", ())}
    if "grid" not in names and "parameters" not in names:
        return None
    if not issubclass(kind, BaseModel):
        return "from_dict"
    checks = kind.__pydantic_decorators__.model_validators
    return next((name for name, check in checks.items() if check.info.mode == "after"), None)


def _readers(walk: Walk) -> Iterator[str]:
    """The functions that ran and turn a mapping into a configuration or a part of it, with their calls."""
    models = list(_models(BaseModel))
    checks = {name for kind in models for name in kind.__pydantic_decorators__.model_validators}
    properties = {name for kind in models for name, member in vars(kind).items() if isinstance(member, property)}
    for code, count in walk.calls.items():
        path, name = Path(code.co_filename).relative_to(LIBRARY), code.co_name
        is_part = path.parts[0] in ("runs", "contract") or path.parts[:2] == ("api", "schemas")
        is_field = path.name == "fields.py" and name not in properties and not name.startswith("<")
        if is_part and (is_field or name in {"from_dict", "document", *checks}):
            yield f"{path}:{code.co_qualname} x{count}"


def _models(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("candlecloud."):
            yield below
        yield from _models(below)


def main() -> None:
    """Send one sweep to warm up, walk with a second one, and print what it met."""
    walk = Walk()
    threading.setprofile(walk)
    sys.setprofile(walk)
    with api_world() as world:
        for fast in ([5], [5, 10, 20]):
            body = {**SWEEP, "grid": {"fast": fast, "slow": [30, 50]}}
            walk.on = len(fast) > 1
            answer = world.client.post("/sweeps", json=body, headers=world.headers("run"))
            walk.on = False
            place = world.client.get(answer.headers["location"], headers=world.headers("read"))
            assert place.json()["state"] == "succeeded", place.text
    sys.setprofile(None)
    files = sorted({str(Path(code.co_filename).relative_to(LIBRARY)) for code in walk.calls})
    lines = sum(len(path.read_text().splitlines()) for path in LIBRARY.rglob("*.py"))
    readers = sorted(_readers(walk))
    print(f"library: {lines} lines")
    print(f"a sweep request from its POST to collect: {len(files)} files, {len(walk.calls)} functions")
    print(f"whole configurations built: {sum(walk.built.values())} ({dict(sorted(walk.built.items()))})")
    print(f"functions that read a configuration or a part of it: {len(readers)}")
    if "--names" in sys.argv[1:]:
        print("\n".join([*readers, *files]))


if __name__ == "__main__":
    main()
