"""All benchmarks, one after another: ``python -m benchmarks`` (``make bench``).

``--quick`` measures without the peers in a minute, ``--data DIR`` takes bigger files with the columns of
``tests/data/recorded``, ``--only NAME`` one table, ``--write`` puts the tables into ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module
from pathlib import Path

from benchmarks import engine, quick, report, strategies
from benchmarks.agreement import DisagreementError
from benchmarks.environment import ensure_peers, machine_facts, say
from benchmarks.plan import PLANS
from benchmarks.series import RECORDED
from benchmarks.tables import PAGE, insert

MODULES: Mapping[str, str] = {
    "path": "benchmarks.path",
    "orders": "benchmarks.orders",
    "models": "benchmarks.models",
    "features": "benchmarks.features",
    "metrics": "benchmarks.metrics",
    "memory": "benchmarks.memory",
    "start": "benchmarks.start",
    "look_ahead": "benchmarks.look_ahead",
    "pagination": "benchmarks.pagination",
}
"""Name of a table to its module: ``tables()`` returns Markdown, or ``main()`` prints it."""

PEERED = ("sweep", "strategies")
"""Tables beside vectorbt, of the series of a folder."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.quick:
        print(quick.tables())
        return 0
    wanted = [options.only] if options.only else [*PEERED, *MODULES]
    peers = ensure_peers() if set(PEERED) & set(wanted) else None
    sections: dict[str, Callable[[], str]] = {"machine": lambda: machine_facts(peers)}
    if peers and "sweep" in wanted:
        sections["sweep"] = lambda: report.render([engine.run(name, options.data, peers) for name in PLANS])
    if peers and "strategies" in wanted:
        sections["strategies"] = lambda: strategies.tables(options.data, peers)
    sections |= {name: partial(_tables, MODULES[name]) for name in wanted if name in MODULES}
    try:
        _print(sections, write=options.write)
    except DisagreementError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _print(sections: Mapping[str, Callable[[], str]], *, write: bool) -> None:
    for name, make in sections.items():
        say(f"{name} ...")
        text = make()
        print(f"\n## {name}\n\n{text}", flush=True)
        if write:
            PAGE.write_text(insert(PAGE.read_text(), name, text))


def _tables(module: str) -> str:
    found = import_module(module)
    if hasattr(found, "tables"):
        return str(found.tables())
    printed = io.StringIO()
    with redirect_stdout(printed):
        found.main()
    text = printed.getvalue().strip()
    return text if "|" in text else f"```text\n{text}\n```"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="without the peers, in a minute")
    parser.add_argument("--data", type=Path, default=RECORDED, help="folder with the files of the series")
    parser.add_argument("--only", choices=[*PEERED, *MODULES], help="one table")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
