"""Shape of the code: lines per folder, with ``--modules`` per module, import cycles, and two walks at run time.

``--walk sweep <folder>`` prints the walk of a sweep request alone, ``--walk candle <folder>`` that of a candle, of
another checkout too: it is run by that one's ``.venv``, if it has one. ``--names`` after it lists the files.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import grimp
import networkx

ROOT = Path(__file__).parents[2]
PLACES = ("layers/core/python/candlecloud", "functions", "infra")
TOO_LONG = 300


def line_counts() -> dict[str, int]:
    """Path (below the repository) to number of lines, of every module that ships or deploys."""
    paths = sorted(path for place in PLACES for path in (ROOT / place).rglob("*.py"))
    return {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in paths}


def import_cycles() -> list[list[str]]:
    """Groups of modules of ``candlecloud`` and ``infra`` that import each other in a loop, imports for types too."""
    return _loops(_imports())


def room_cycles() -> list[list[str]]:
    """Groups of packages of ``infra`` that import each other in a loop."""
    rooms = [(_room(importer), _room(imported)) for importer, imported in _imports()]
    return _loops((a, b) for a, b in rooms if a != b and a.startswith("infra.") and b.startswith("infra."))


def _imports() -> list[tuple[str, str]]:
    graph = grimp.build_graph("candlecloud", "infra")
    return [(module, found) for module in graph.modules for found in graph.find_modules_directly_imported_by(module)]


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _loops(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    groups = networkx.strongly_connected_components(networkx.DiGraph(edges))
    return [sorted(group) for group in groups if len(group) > 1]


def traced_walk(subject: str, tree: Path = ROOT, *arguments: str) -> str:
    """What a sweep request passes through from its POST to the collected results, or a candle from its schedule to the
    lake, traced in a checkout."""
    own = tree / ".venv" / "bin" / "python"
    interpreter = str(own) if own.exists() else sys.executable
    paths = os.pathsep.join([str(tree / "layers" / "core" / "python"), str(tree)])
    command = [interpreter, str(Path(__file__).with_name(f"{subject}_walk.py")), *arguments]
    environment = os.environ | {"PYTHONPATH": paths}
    return subprocess.run(command, cwd=tree, env=environment, check=True, text=True, stdout=subprocess.PIPE).stdout


def main() -> None:
    if "--walk" in sys.argv[1:]:
        subject, *rest = sys.argv[sys.argv.index("--walk") + 1 :]
        tree, *arguments = rest or [str(ROOT)]
        print(traced_walk(subject, Path(tree).resolve(), *arguments), end="")
        return
    counts = line_counts()
    if "--modules" in sys.argv[1:]:
        for path, lines in counts.items():
            print(f"{lines:5} {path}")
    by_folder: dict[str, list[int]] = {}
    for path, lines in counts.items():
        by_folder.setdefault(str(Path(path).parent), []).append(lines)
    print(f"{'folder':58} {'modules':>7} {'lines':>6} {'longest':>7}")
    for folder, sizes in by_folder.items():
        print(f"{folder:58} {len(sizes):7} {sum(sizes):6} {max(sizes):7}")
    print(f"{'all':58} {len(counts):7} {sum(counts.values()):6} {max(counts.values()):7}")
    print(f"modules over {TOO_LONG} lines: {[path for path, n in counts.items() if n > TOO_LONG] or 'none'}")
    print(f"import cycles: {len(import_cycles())} among modules, {len(room_cycles())} among packages of infra")
    print(traced_walk("sweep") + traced_walk("candle"), end="")


if __name__ == "__main__":
    main()
