"""The modules of a tree of packages, found by name on disk and read when they are first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from infra.code_hashes.imports import Target
from infra.code_hashes.units import Unit, read_kernel, read_module


class UnresolvedError(Exception):
    """A reference inside the package leads nowhere that static reading can follow."""


BODY = "<body>"
"""Unit of the statements of a module that bind no name by themselves: they run whenever it is imported."""
KERNEL = "<kernel>"
"""The only unit of a module that is compiled."""
DECLARATIONS = "<declarations>"
"""The only unit of a ``.pxd`` without a module beside it."""


@dataclass(frozen=True)
class Module:
    """One module, cut into units.

    Attributes
    ----------
    units : dict
        Name to unit. A name that only the body binds belongs to the unit `BODY`.
    aliases : dict
        Name to all that imports anywhere in the module bind it to.
    stars : tuple of str
        Modules of which every name is imported.
    """

    name: str
    is_package: bool = False
    units: dict[str, Unit] = field(default_factory=dict)
    bound_by_body: frozenset[str] = frozenset()
    aliases: dict[str, frozenset[Target]] = field(default_factory=dict)
    stars: tuple[str, ...] = ()

    @property
    def whole(self) -> str | None:
        """The unit that is all of the module, for what is compiled."""
        return next((name for name in (KERNEL, DECLARATIONS) if name in self.units), None)


class Tree:
    """Modules of one package.

    Parameters
    ----------
    folder : Path
        The folder above the package.
    package : str
        Its name; everything else is external.
    """

    def __init__(self, folder: Path, package: str) -> None:
        self.folder = folder
        self.package = package
        self._modules: dict[str, Module] = {}

    def holds(self, name: str) -> bool:
        """Whether a dotted name belongs to the package."""
        return name == self.package or name.startswith(f"{self.package}.")

    def exists(self, name: str) -> bool:
        """Whether there is such a module, package or declaration."""
        path = self._path(name)
        return (path / "__init__.py").is_file() or any(path.with_suffix(s).is_file() for s in (".py", ".pxd"))

    def modules_in(self, package: str) -> list[str]:
        """Names of the modules in a package, without packages, in alphabetical order."""
        return sorted(f"{package}.{path.stem}" for path in self._path(package).glob("*.py") if path.stem != "__init__")

    def module(self, name: str) -> Module:
        """Read a module.

        Raises
        ------
        UnresolvedError
            If there is none, or the grammar does not know what stands there.
        """
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def _path(self, name: str) -> Path:
        return self.folder / Path(*name.split("."))

    def _read(self, name: str) -> Module:
        path = self._path(name)
        if (path / "__init__.py").is_file():
            return self._cut(name, path / "__init__.py", is_package=True)
        source, declarations = path.with_suffix(".py"), path.with_suffix(".pxd")
        if declarations.is_file():
            text = source.read_text(encoding="utf-8") if source.is_file() else None
            unit, aliases = read_kernel(name, text, declarations.read_text(encoding="utf-8"))
            return Module(name, False, {DECLARATIONS if text is None else KERNEL: unit}, aliases=aliases)
        if not source.is_file():
            raise UnresolvedError(f"There is no module {name}.")
        return self._cut(name, source, is_package=False)

    def _cut(self, name: str, path: Path, *, is_package: bool) -> Module:
        content = read_module(name, path.read_text(encoding="utf-8"), is_package=is_package)
        units = dict(content.units)
        if content.body is not None:
            units[BODY] = content.body
        return Module(name, is_package, units, content.bound_by_body, content.aliases, content.stars)
