"""Where each kind of fan-out begins: read from its ``FanOutKind``, so that nothing lists the kinds."""

from __future__ import annotations

from infra.code_hashes.definitions import arguments_of, calls_of, text_of, texts_in, value_of
from infra.code_hashes.discovery import discovered
from infra.code_hashes.modules import UnresolvedError
from infra.code_hashes.reach import Reach
from infra.code_hashes.references import Place
from infra.code_hashes.rules import Kind

_CODE = ("schema", "collector")
"""Arguments that name code; ``evaluate`` does so as text, and ``uses`` names entries."""


def fan_out_kinds(reach: Reach, registry: str, shared: tuple[str, ...]) -> dict[str, Kind]:
    """Find the kinds that a registry discovers.

    Parameters
    ----------
    shared : tuple of str
        Units that every kind computes by.

    Raises
    ------
    UnresolvedError
        If a module says no kind, or a kind does not say where it begins.
    """
    found = discovered(reach.tree, reach.place_of(registry)) or {}
    return {name: _kind(reach, place, shared) for name, place in found.items()}


def _kind(reach: Reach, place: Place, shared: tuple[str, ...]) -> Kind:
    [(_, brackets)] = calls_of(value_of(reach.unit(place).nodes[-1]))
    said = arguments_of(brackets)[1]
    evaluate = text_of(said["evaluate"]) if "evaluate" in said else None
    if evaluate is None or any(name not in said for name in _CODE):
        raise UnresolvedError(f"{':'.join(place)} does not say evaluate= as text, schema= and collector=.")
    roots = [evaluate]
    for name in _CODE:
        chain = tuple(said[name].get_code(include_prefix=False).split("."))
        roots += [":".join(found.place) for found in reach.references(place, chain) if found.place]
    return Kind((*roots, *shared), tuple(texts_in(said["uses"])) if "uses" in said else ())
