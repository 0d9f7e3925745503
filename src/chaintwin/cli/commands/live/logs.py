"""Where the log of a project lies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StoreUrl = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="Log of events: a file, or postgresql://USER@HOST/DATABASE; by default .twin/log.db of the project, .twin/NAME.db "
        "of a workbook.",
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
    if not is_project(project):
        found = "no table of a project in it" if project.is_dir() else "a file that is no workbook"
        raise UsageError(
            f"{project}: found {found if project.exists() else 'nothing there'}; allowed: a project, beside whose tables the log "
            "lies; fix: name its folder or workbook, or make one with chaintwin init"
        )
    # Several workbooks may lie in one folder, each with a log of its own.
    return str(project / ".twin" / "log.db" if project.is_dir() else project.parent / ".twin" / f"{project.stem}.db")


def jobs_place(project: Path, store: str | None) -> Path:
    """Return the folder of the jobs of a server: beside the log, for a log in a database where that of the project would lie.

    Parameters
    ----------
    project : folder or workbook. store : what was asked for, or None.

    Example
    -------
    >>> jobs_place(Path("beer"), "logs/first.db").as_posix()
    'logs/first.jobs'
    """
    from chaintwin.store.opening import file_of

    file = None if store is None else file_of(store)
    return Path(log_place(project, None) if file is None else file).with_suffix(".jobs")


def is_project(path: Path) -> bool:
    """Tell whether a folder or file holds a project: settings, a table, or a workbook; how good it is does not matter.

    Parameters
    ----------
    path : folder or file.
    """
    from chaintwin.network.tables.catalog import TABLE_NAMES
    from chaintwin.network.tables.files.folder import find_project, is_marked

    found = find_project(path, TABLE_NAMES)
    return bool(found.tables or found.workbook or found.settings) or is_marked(path)


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
        raise UsageError(
            f"{project if store is None else '--store'}: found no log {place}; allowed: a log of events, which the first ingest "
            "or capture makes; fix: chaintwin ingest takes events from files, chaintwin serve over HTTP"
        )
    return place
