"""What a bundle leaves out of its wheels: rules as data, each tried by running every handler without it.

What looks unneeded and is not: ``libarrow_substrait``, ``libarrow_acero`` and ``libarrow_dataset`` (libarrow_python
links to them), ``cryptography`` (ccxt imports it to start), and the debug-free parts of ``numpy.libs`` (stripping them
breaks OpenBLAS).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from candlecloud.catalogue import EXCHANGES

EVERYWHERE = (
    "**/tests",
    "**/test",
    "**/*.pyi",
    "**/*.pxd",
    "**/*.pyx",
    "**/*.pxi",
    "**/*.h",
    "**/*.hpp",
    "**/*.c",
    "**/*.a",
    "**/include",
    "bin",
)
"""Globs below a layer's ``python`` folder: what only developers and compilers read."""

BY_LAYER: Mapping[str, Sequence[str]] = {
    "arrow": (
        "pyarrow/libarrow_flight*",
        "pyarrow/libarrow_python_flight*",
        "pyarrow/_flight*",
        "pyarrow/flight.py",
        "pyarrow/libarrow_s3*",  # objects come through boto3
        "pyarrow/_s3fs*",
        "pyarrow/_gcsfs*",
        "pyarrow/_azurefs*",
        "pyarrow/_hdfs*",
        "pyarrow/_orc*",
        "pyarrow/_dataset_orc*",
        "pyarrow/_parquet_encryption*",
        "pyarrow/_dataset_parquet_encryption*",
        "pyarrow/libarrow_python_parquet_encryption*",
        "pyarrow/libarrow_python.so",  # copies of libarrow_python.so.<version>, which is the name that is linked to
        "pyarrow/libarrow_python.so.*.*",
        "pyarrow/_pyarrow_cpp_tests*",
        "pyarrow/src",
    ),
    "numeric": (
        "numpy/f2py",
        "numpy/distutils",
        "numpy/_pyinstaller",
        "numpy/_core/lib",
        "numpy/random/lib",
        "numpy/**/examples",
    ),
    "exchange": (
        "ccxt/async_support",
        "ccxt/pro",
        "ccxt/prediction",
        "ccxt/protobuf",
        "ccxt/static_dependencies",  # signing with private keys; none here
    ),
    "edge": (
        "aws_lambda_powertools/event_handler",
        "aws_lambda_powertools/utilities/parser",
        "aws_lambda_powertools/utilities/data_classes",
        "pydantic/v1",
        "pydantic/mypy.py",
    ),
}
"""Layer to globs."""


def trim(layer: str, folder: Path) -> None:
    """Delete what the rules name below the ``python`` folder of a layer."""
    for pattern in (*EVERYWHERE, *BY_LAYER.get(layer, ())):
        for path in list(folder.glob(pattern)):
            _remove(path)
    if layer == "exchange":
        _keep_our_exchanges(folder)


def _keep_our_exchanges(folder: Path) -> None:
    """Leave ccxt's synchronous classes of our venues, and a package file that does not import the other hundred."""
    package = folder / "ccxt"
    for place in (package, package / "abstract"):
        for path in place.glob("*.py"):
            if path.stem not in (*EXCHANGES, "__init__"):
                path.unlink()
    venues = ", ".join(EXCHANGES)
    (package / "__init__.py").write_text(f'"""ccxt, trimmed to its synchronous classes of {venues}."""\n')


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()
