"""What a person at a terminal sees while long work goes on, and what a pipe gets instead."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from chaintwin.cli.terminal.output import TYPED, Terminal
from chaintwin.cli.terminal.progress import COMPILING, progress_bar


def terminal(*, watched: bool) -> tuple[Terminal, io.StringIO]:
    """Return a terminal that a person watches, or a pipe, and what is written to its notes."""
    notes = io.StringIO()
    console = Console(file=notes, force_terminal=watched, width=80, color_system=None)
    return Terminal(Console(file=io.StringIO()), console, False, TYPED), notes


def test_progress_bar__a_clock_runs_while_the_first_run_compiles() -> None:
    screen, notes = terminal(watched=True)
    with progress_bar(screen, "Simulating", is_cold=True) as report:
        time.sleep(1.3)
        assert COMPILING in notes.getvalue()
        assert "0:00:01" in notes.getvalue()
        assert "%" not in notes.getvalue()
        report(0.5)
        time.sleep(0.3)
    assert "Simulating" in notes.getvalue()
    assert "50%" in notes.getvalue()


@pytest.mark.parametrize("is_cold", [True, False])
def test_progress_bar__a_pipe_gets_at_most_one_line(is_cold: bool) -> None:
    screen, notes = terminal(watched=False)
    with progress_bar(screen, "Simulating", is_cold=is_cold) as report:
        report(0.5)
    assert notes.getvalue().split() == (f"{COMPILING} ...".split() if is_cold else [])
