"""A kernel as plain Python, even where its compiled form lies beside it: the oracle of the compiled one."""

from __future__ import annotations

from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

from infra.kernels.sources import PYTHON_FOLDER, Kernel


@cache
def uncompiled(name: str) -> ModuleType:
    """Load ``candlecloud.backtest.kernels.tiles`` and its like from the source; what it imports stays as it is."""
    source = Kernel(name, PYTHON_FOLDER).source
    spec = spec_from_file_location(f"uncompiled.{name}", source)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{source} is no module")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
