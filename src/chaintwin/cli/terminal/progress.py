"""Long work shown while it runs: a bar with the time left, on standard error, only where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

COMPILING = "Compiling the engine for this machine, once; half a minute to two"


@contextmanager
def progress_bar(terminal: Terminal, text: str, *, is_cold: bool) -> Iterator[Callable[[float], None]]:
    """Yield a function that takes the share done, 0 to 1, from any thread.

    Parameters
    ----------
    terminal : where the bar is drawn; without a person at standard error only the first compile is announced.
    text : what is being done.
    is_cold : the kernels must be compiled first, which is said until the first share arrives.
    """
    if not terminal.notes.is_terminal:
        if is_cold:
            terminal.note(f"{COMPILING} ...")
        yield lambda _: None
        return
    from rich.console import RenderableType
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        Task,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    class Passing(ProgressColumn):
        """The time that has passed while nobody knows the share that is done, then a bar."""

        def __init__(self) -> None:
            super().__init__()
            self._clock, self._bar = TimeElapsedColumn(), BarColumn(bar_width=24)

        def render(self, task: Task) -> RenderableType:
            return (self._clock if task.total is None else self._bar).render(task)

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        Passing(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=terminal.notes, transient=True, refresh_per_second=8) as bar:
        task = bar.add_task(COMPILING if is_cold else text, total=None if is_cold else 1.0)

        def report(share: float) -> None:
            bar.update(task, description=text, total=1.0, completed=share)

        yield report


def compile_shown(terminal: Terminal) -> None:
    """Compile the kernels of a simulation if that is still to be done, and show that it goes on.

    Parameters
    ----------
    terminal : where it is said.
    """
    from chaintwin.jit import is_cold
    from chaintwin.simulation import prepare_kernels

    if not is_cold():
        prepare_kernels()
        return
    with progress_bar(terminal, COMPILING, is_cold=True):
        prepare_kernels()


def waiting(terminal: Terminal, text: str) -> AbstractContextManager[object]:
    """Return a context that shows a spinner beside ``text`` while a person waits."""
    if not terminal.notes.is_terminal or sys.stderr.closed:
        return nullcontext()
    return terminal.notes.status(text)
