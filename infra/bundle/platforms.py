"""The platforms that a bundle is built for."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from infra.context import ROOT
from infra.function_spec import ARCHITECTURE

_GLIBC = ("2_34", "2_28", "2_27", "2_26", "2_24", "2_17")
"""Amazon Linux 2023 has glibc 2.34; wheels for anything older run there."""


class UnsupportedHostError(RuntimeError):
    """The bundle can't be tried out on this machine."""


@dataclass(frozen=True)
class Target:
    """One platform.

    Attributes
    ----------
    name
        ``arm64`` or ``host``.
    machine
        As in a wheel's name.
    folder
        Where the bundle is built; what CDK takes is the one for arm64.
    """

    name: str
    machine: str
    folder: Path

    @property
    def tags(self) -> list[str]:
        """Wheel platforms to accept, newest first."""
        return [f"manylinux_{glibc}_{self.machine}" for glibc in _GLIBC] + [f"manylinux2014_{self.machine}"]


def lambda_target(root: Path = ROOT) -> Target:
    """Return what Lambda runs on."""
    machines = {"arm64": "aarch64", "x86_64": "x86_64"}
    return Target(ARCHITECTURE, machines[ARCHITECTURE], root / "build")


def host_target(root: Path = ROOT) -> Target:
    """Return this machine, for trying the recipe out.

    Raises
    ------
    UnsupportedHostError
        Anywhere but on Linux on a 64-bit Intel or ARM processor.
    """
    machine = platform.machine()
    if platform.system() != "Linux" or machine not in ("x86_64", "aarch64"):
        raise UnsupportedHostError(f"a bundle runs on Linux (x86_64 or aarch64), this is {platform.system()} {machine}")
    return Target("host", machine, root / "build" / "host")
