"""Where the log of a project lies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="Log of events: a file, or postgresql://USER@HOST/DATABASE; by default .twin/log.db of the project.",
        show_default=False,
    ),
]


def log_place(project: Path, store: str | None) -> str:
    """Return where the log of a project lies; nothing is made.

    Parameters
    ----------
    project : folder or workbook. store : what was asked for, or None.

    Raises
    ------
    UsageError
        There is no such project, and no store was named.
    """
    from chaintwin.errors import UsageError

    if store is not None:
        return store
    if not project.exists():
        raise UsageError(f"{project}: found nothing there; allowed: a project, beside whose tables the log lies")
    return str((project if project.is_dir() else project.parent) / ".twin" / "log.db")


def log_to_write(project: Path, store: str | None) -> str:
    """Return where the log of a project lies, and make the usual folder; arguments as for ``log_place``."""
    place = log_place(project, store)
    if store is None:
        Path(place).parent.mkdir(exist_ok=True)
    return place


def log_to_read(project: Path, store: str | None) -> str:
    """Return where the log of a project lies; arguments as for ``log_place``.

    Raises
    ------
    UsageError
        There is no such file.
    """
    from chaintwin.errors import UsageError

    place = log_place(project, store)
    if "://" not in place and not Path(place).is_file():
        raise UsageError(f"--store: found no log {place}; allowed: a log of events, which the first ingest or capture makes")
    return place
