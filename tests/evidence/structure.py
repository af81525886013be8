"""Shape of the code: lines per folder, with ``--modules`` per module, and import cycles."""

from __future__ import annotations

import sys
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
    """Groups of modules that import each other in a loop."""
    imports = grimp.build_graph("candlecloud")
    graph = networkx.DiGraph(
        (importer, imported)
        for importer in imports.modules
        for imported in imports.find_modules_directly_imported_by(importer)
    )
    return [sorted(group) for group in networkx.strongly_connected_components(graph) if len(group) > 1]


def main() -> None:
    counts = line_counts()
    if "--modules" in sys.argv[1:]:
        for path, lines in counts.items():
            print(f"{lines:5} {path}")
    by_folder: dict[str, list[int]] = {}
    for path, lines in counts.items():
        by_folder.setdefault(str(Path(path).parent), []).append(lines)
    print(f"{'folder':58} {'modules':>7} {'lines':>6} {'longest':>7}")
    for folder, lines in by_folder.items():
        print(f"{folder:58} {len(lines):7} {sum(lines):6} {max(lines):7}")
    print(f"{'all':58} {len(counts):7} {sum(counts.values()):6} {max(counts.values()):7}")
    print(f"modules over {TOO_LONG} lines: {[path for path, n in counts.items() if n > TOO_LONG] or 'none'}")
    print(f"import cycles: {len(import_cycles())}")


if __name__ == "__main__":
    main()
