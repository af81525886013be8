"""Progress on the terminal: one line per step, a bar while it runs, its time when it is done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_TITLE = 46


@dataclass(frozen=True)
class Step:
    """A finished step and how long it took."""

    title: str
    seconds: float


@dataclass
class Bar:
    """The bar of a running step."""

    _progress: Progress
    _task: TaskID
    note: str = ""
    """Printed beside the step when it is done."""

    def advance(self, by: int = 1) -> None:
        """Move on."""
        self._progress.advance(self._task, by)

    def show(self, done: int, total: int | None) -> None:
        """Move to an absolute place; the total may become known on the way."""
        self._progress.update(self._task, completed=done, total=total)


@dataclass
class Steps:
    """Prints steps and keeps their times."""

    console: Console = field(default_factory=lambda: Console(highlight=False))
    done: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Bar]:
        """Run one step; the bar goes when it ends and a line with its time stays."""
        started = time.monotonic()
        columns = (TextColumn("  {task.description}"), BarColumn(28), MofNCompleteColumn(), TimeElapsedColumn())
        # rich must not put itself in the place of standard output: that is where the functions' logs are split.
        with Progress(
            *columns,
            console=self.console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not self.console.is_terminal,
        ) as progress:
            bar = Bar(progress, progress.add_task(title, total=total))
            yield bar
        seconds = time.monotonic() - started
        self.done.append(Step(title, seconds))
        note = f"  [dim]{bar.note}[/dim]" if bar.note else ""
        self.console.print(f"[green]✓[/green] {title:{_TITLE}} {seconds:5.1f} s{note}")

    def say(self, text: str) -> None:
        """Print below the step before, indented however it wraps."""
        self.console.print(Padding(text, (0, 0, 0, 4), expand=False))

    @property
    def seconds(self) -> float:
        """Time of all finished steps."""
        return sum(step.seconds for step in self.done)
