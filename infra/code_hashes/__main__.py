"""``python -m infra.code_hashes``: write the table of code hashes, or look into it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from parso.parser import ParserSyntaxError

from infra.code_hashes.modules import UnresolvedError
from infra.code_hashes.rules import FOLDER, RULES
from infra.code_hashes.table import HiddenReferenceError, Maker, Table, moved, read, written


def main(argv: Sequence[str] | None = None) -> int:
    """Write, check, print or compare."""
    parser = argparse.ArgumentParser(prog="python -m infra.code_hashes", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="folder above the package")
    parser.add_argument("--allow-text", action="store_true", help="do not refuse code that is asked for by text")
    task = parser.add_mutually_exclusive_group()
    task.add_argument("--check", action="store_true", help="fail when the written table is stale, and say where")
    task.add_argument("--print", metavar="ENTRY", help="list what an entry reaches, such as features/sma, kinds/sweep")
    task.add_argument("--diff", metavar="OLD.json", type=Path, help="say which entries moved since another table")
    arguments = parser.parse_args(argv)
    maker = Maker(replace(RULES, folder=arguments.folder))
    try:
        return _run(maker, arguments)
    except (UnresolvedError, ParserSyntaxError) as error:
        print(error, file=sys.stderr)
    except HiddenReferenceError as error:
        print(f"Static reading cannot follow these:\n{error}", file=sys.stderr)
    return 2


def _run(maker: Maker, arguments: argparse.Namespace) -> int:
    if arguments.print:
        for one in maker.reached_by(arguments.print):
            print(f"{one.digest[:12]}  {one.name}")
        return 0
    maker.check(allow_text=arguments.allow_text)
    path = maker.rules.folder / maker.rules.table
    table = maker.table()
    if arguments.check:
        return _tell(moved(_known(path), table))
    if arguments.diff:
        _tell(moved(read(arguments.diff.read_text()), table))
        return 0
    path.write_text(written(table))
    return 0


def _tell(changes: Sequence[str]) -> int:
    for change in changes:
        print(change)
    return int(bool(changes))


def _known(path: Path) -> Table:
    return read(path.read_text()) if path.exists() else {}


if __name__ == "__main__":
    sys.exit(main())
