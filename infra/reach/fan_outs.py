"""Where each kind of fan-out begins: read from the ``KIND`` of its module, so that nothing lists the kinds."""

from __future__ import annotations

from infra.reach.definitions import arguments_of, calls_of, text_of, texts_in, value_of
from infra.reach.modules import UnresolvedError
from infra.reach.reach import Reach
from infra.reach.rules import Kind

KIND = "KIND"
_CODE = ("schema", "collector")
"""Arguments that name code; ``evaluate`` does so as text, and ``uses`` names entries."""


def fan_out_kinds(reach: Reach, package: str, shared: tuple[str, ...]) -> dict[str, Kind]:
    """Find the kinds of a package, one module each.

    Parameters
    ----------
    shared : tuple of str
        Units that every kind computes by.

    Raises
    ------
    UnresolvedError
        If a module says no kind.
    """
    folder = reach.tree.folder.joinpath(*package.split("."))
    names = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    return {name: _kind(reach, f"{package}.{name}", shared) for name in names}


def _kind(reach: Reach, module: str, shared: tuple[str, ...]) -> Kind:
    unit = reach.tree.module(module).units.get(KIND)
    value = None if unit is None else value_of(unit.nodes[-1])
    calls = [] if value is None else list(calls_of(value))
    said = arguments_of(calls[-1][1])[1] if calls else {}
    evaluate = text_of(said["evaluate"]) if "evaluate" in said else None
    if evaluate is None or any(name not in said for name in _CODE):
        raise UnresolvedError(f"{module} has no {KIND} with evaluate= as text, schema= and collector=.")
    roots = [evaluate]
    for name in _CODE:
        chain = tuple(said[name].get_code(include_prefix=False).split("."))
        roots += [":".join(found.place) for found in reach.references((module, KIND), chain) if found.place]
    return Kind((*roots, *shared), tuple(texts_in(said["uses"])) if "uses" in said else ())
