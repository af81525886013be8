"""Compiled libraries of a bundle: of the target's processor, and content with the C library that Lambda has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

GLIBC_MINOR = 34
"""Amazon Linux 2023, on which Python 3.12 and later run."""
_ELF_MACHINE = {62: "x86_64", 183: "aarch64"}
_NEEDED = re.compile(rb"GLIBC_2\.(\d+)\x00")


class ForeignLibraryError(RuntimeError):
    """A library could not be loaded on the target."""


def check_libraries(folder: Path, machine: str) -> int:
    """Look at every ELF file below a folder; gives how many there are.

    Raises
    ------
    ForeignLibraryError
        For one of another processor or a newer C library; the message names it.
    """
    count = 0
    for path, head in _elf_files(folder):
        count += 1
        found = _ELF_MACHINE.get(int.from_bytes(head[18:20], "little"), "another processor")
        if found != machine:
            raise ForeignLibraryError(f"{path.name} is for {found}, the target is {machine}")
        newest = max((int(minor) for minor in _NEEDED.findall(path.read_bytes())), default=0)
        if newest > GLIBC_MINOR:
            raise ForeignLibraryError(f"{path.name} needs glibc 2.{newest}, Lambda has 2.{GLIBC_MINOR}")
    return count


def _elf_files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*.so*")):
        with path.open("rb") as file:
            head = file.read(20)
        if head.startswith(b"\x7fELF"):
            yield path, head
