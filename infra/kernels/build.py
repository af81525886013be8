"""Build the kernels that changed, and leave no compiled file behind that is older than its source."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.context import ROOT
from infra.kernels.sources import PYTHON_FOLDER, SUFFIX, Kernel, declarations_read, digest, find_kernels, orphans
from infra.kernels.toolchain import BuildError, Processor, check_tools, compile_kernel, recipe

WORK_FOLDER = ROOT / "build" / "kernels"


@dataclass(frozen=True)
class Outcome:
    """What a build came to.

    Attributes
    ----------
    built, kept
        Kernels compiled now, and those that were as they should be.
    failures
        Kernel to why it has no compiled form.
    """

    built: Sequence[str]
    kept: Sequence[str]
    failures: dict[str, str]


def build_kernels(
    processor: Processor,
    say: Callable[[str], None],
    *,
    into: Path | None = None,
    folder: Path = PYTHON_FOLDER,
    work_folder: Path = WORK_FOLDER,
) -> Outcome:
    """Compile every kernel whose sources, flags or compilers changed since.

    One build at a time: another one waits. A kernel that can't be built loses its old library, because Python would
    take that before the source.

    Parameters
    ----------
    into
        Folder to put the libraries below; beside their sources without.
    """
    work = work_folder / processor.name
    work.mkdir(parents=True, exist_ok=True)
    with _alone(work):
        for path in orphans(folder, into):
            path.unlink()
        stamps = Stamps(work, processor, into)
        kernels = find_kernels(folder)
        due = [kernel for kernel in kernels if not stamps.fresh(kernel)]
        kept = [kernel.name for kernel in kernels if kernel not in due]
        failures = _build_all(due, processor, stamps, say) if due else {}
        failures |= _withdraw(kernels, failures, stamps)
    built = [kernel.name for kernel in due if kernel.name not in failures]
    return Outcome(built, [name for name in kept if name not in failures], failures)


def stale_kernels(processor: Processor, folder: Path = PYTHON_FOLDER, work_folder: Path = WORK_FOLDER) -> list[str]:
    """Name the compiled modules that are not what their sources say now; a kernel without one is not stale."""
    stamps = Stamps(work_folder / processor.name, processor)
    stale = [k.name for k in find_kernels(folder) if k.library().exists() and not stamps.fresh(k)]
    return stale + [path.name for path in orphans(folder)]


class Stamps:
    """Notes beside the C sources: which digest a library was built from, and the library's own hash."""

    def __init__(self, work: Path, processor: Processor, into: Path | None = None) -> None:
        self.work = work
        self._into = into
        self._recipe = recipe(processor)

    def library(self, kernel: Kernel) -> Path:
        return kernel.library(self._into)

    def staged(self, kernel: Kernel) -> Path:
        return self.work / f"{kernel.name}{SUFFIX}"

    def fresh(self, kernel: Kernel) -> bool:
        """Whether the library is there, from these sources by this recipe."""
        stamp = self._stamp(kernel)
        if not stamp.exists() or not self.library(kernel).exists():
            return False
        return bool(json.loads(stamp.read_text()) == self._note(kernel))

    def write(self, kernel: Kernel, sources: str) -> None:
        """Note what was built. `sources` is the digest from before the build: an edit meanwhile makes it stale."""
        made = self._stamp(kernel).with_suffix(f".{os.getpid()}")
        made.write_text(json.dumps(self._note(kernel) | {"sources": sources}))
        os.replace(made, self._stamp(kernel))

    def sources(self, kernel: Kernel) -> str:
        return digest(kernel, self._recipe)

    def _note(self, kernel: Kernel) -> dict[str, str]:
        library = hashlib.sha256(self.library(kernel).read_bytes()).hexdigest()
        return {"sources": self.sources(kernel), "library": library}

    def _stamp(self, kernel: Kernel) -> Path:
        return self.work / f"{kernel.name}.json"


def _build_all(
    due: Sequence[Kernel], processor: Processor, stamps: Stamps, say: Callable[[str], None]
) -> dict[str, str]:
    """Compile aside and put in place together: whoever runs meanwhile sees kernels of one state."""
    try:
        check_tools()
    except BuildError as error:
        for kernel in due:
            stamps.library(kernel).unlink(missing_ok=True)
        return {kernel.name: str(error) for kernel in due}

    digests: dict[str, str] = {}

    def build_one(kernel: Kernel) -> str | None:
        started = time.monotonic()
        sources = stamps.sources(kernel)
        library = stamps.staged(kernel)
        try:
            compile_kernel(kernel, processor, stamps.work, library)
        except BuildError as error:
            say(f"  {kernel.name}: not compiled")
            return str(error)
        digests[kernel.name] = sources
        say(f"  {kernel.name}: {time.monotonic() - started:.1f} s, {library.stat().st_size / 1e3:.0f} kB")
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(build_one, due))
    for kernel in due:
        library = stamps.library(kernel)
        if kernel.name in digests:
            library.parent.mkdir(parents=True, exist_ok=True)
            os.replace(stamps.staged(kernel), library)
            stamps.write(kernel, digests[kernel.name])
        else:
            library.unlink(missing_ok=True)
    return {kernel.name: why for kernel, why in zip(due, answers, strict=True) if why is not None}


def _withdraw(kernels: Sequence[Kernel], failures: dict[str, str], stamps: Stamps) -> dict[str, str]:
    """Remove what works with a kernel that is not compiled, whichever reads the other: halves would not fit."""
    reads = {kernel.name: declarations_read(kernel) for kernel in kernels}
    missing = [kernel.name for kernel in kernels if kernel.name in failures]
    withdrawn: dict[str, str] = {}
    while missing:
        lost = missing.pop()
        for kernel in kernels:
            if kernel.name not in failures | withdrawn and not reads[kernel.name].isdisjoint(reads[lost]):
                stamps.library(kernel).unlink(missing_ok=True)
                withdrawn[kernel.name] = f"it works with {lost}"
                missing.append(kernel.name)
    return withdrawn


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    with (work / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
