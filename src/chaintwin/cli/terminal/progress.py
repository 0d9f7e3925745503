"""Long work shown while it runs: a bar with the time left, on standard error, only where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

COMPILING = "Compiling the simulation kernels for this machine, once; about half a minute"


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
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=terminal.notes, transient=True, refresh_per_second=8) as bar:
        task = bar.add_task(COMPILING if is_cold else text, total=None if is_cold else 1.0)

        def report(share: float) -> None:
            bar.update(task, description=text, total=1.0, completed=share)

        yield report


def waiting(terminal: Terminal, text: str) -> AbstractContextManager[object]:
    """Return a context that shows a spinner beside ``text`` while a person waits."""
    if not terminal.notes.is_terminal or sys.stderr.closed:
        return nullcontext()
    return terminal.notes.status(text)
