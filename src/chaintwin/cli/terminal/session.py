"""One run of a command: opens the terminal and turns failures into one clear message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from chaintwin.cli.terminal.output import Terminal, open_terminal, printable
from chaintwin.errors import CancelledError, ChaintwinError, InputError, UsageError

FAILURE, WRONG_USAGE, INTERRUPTED = 1, 2, 130
"""Exit codes beside 0: a finding or failure, wrong usage, Ctrl-C."""

DEBUG_VARIABLE = "CHAINTWIN_DEBUG"

SMALLER_PROJECT = "make the project smaller, or use a machine with more memory"
SMALLER_RUN = "ask for fewer replications, periods or threads, or a smaller network"
SMALLER_CASE = "name the cases to run, or add --smoke"
SMALLER_LOG = "import a part of the log, or use a machine with more memory"
"""What helps where memory runs out: reading a project, simulating it, timing it, importing a log."""


@contextmanager
def session(*, is_json: bool, memory_advice: str = SMALLER_PROJECT) -> Iterator[Terminal]:
    """Yield the terminal of a command; leave with the right exit code whatever happens inside.

    Parameters
    ----------
    is_json : whether the command was asked for one JSON document; then a failure is a document too.
    memory_advice : what helps where memory runs out.
    """
    terminal = open_terminal(is_json=is_json)
    try:
        yield terminal
    except (typer.Exit, typer.Abort, BrokenPipeError, SystemExit):
        raise
    except (KeyboardInterrupt, CancelledError):
        _report(terminal, "interrupted", message="Interrupted; nothing half-written is left.")
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        _report_error(terminal, error, memory_advice=memory_advice)
        raise typer.Exit(WRONG_USAGE if isinstance(error, UsageError) else FAILURE) from None


def fail() -> NoReturn:
    """Leave with the exit code of a finding or failure, the answer having been given."""
    raise typer.Exit(FAILURE)


def _report_error(terminal: Terminal, error: Exception, *, memory_advice: str) -> None:
    if isinstance(error, InputError):
        from chaintwin.cli.views.findings import findings_view

        terminal.document({"error": {"code": error.code, "message": str(error), "findings": error.findings}})
        terminal.notes.print(findings_view(error.findings, terminal.notes.width))
        count = len(error.findings)
        terminal.notes.print(
            f"{count:,} {'fault' if count == 1 else 'faults'} in the input; nothing was changed.", style="bold red"
        )
    elif isinstance(error, ChaintwinError):
        _report(terminal, error.code, message=str(error))
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        _report(terminal, "system", message=f"{place}{error.strerror or error}")
    elif isinstance(error, MemoryError):
        _report(terminal, "memory", message=f"not enough memory; {memory_advice}")
    else:
        message = (
            f"this is a fault of chaintwin ({type(error).__name__}: {error}); set {DEBUG_VARIABLE}=1 to see where, and report it"
        )
        _report(terminal, "internal", message=message)


def _report(terminal: Terminal, code: str, *, message: str) -> None:
    sys.stdout.flush()
    terminal.document({"error": {"code": code, "message": message}})
    message = printable(message)
    terminal.notes.print(
        message if code == "interrupted" else f"chaintwin: {message}", style="yellow" if code == "interrupted" else "red"
    )
