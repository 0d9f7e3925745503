"""Which parameters a command looks ahead with: the version in force at the moment it starts from, unless another is named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from chaintwin.cli.commands.live.starting import Start
    from chaintwin.fidelity.versions.applying import Applied

TABLES = "tables"

ParametersName = Annotated[
    str | None,
    typer.Option(
        "--parameters",
        help="Version of parameters by its id, or tables; by default the one in force at the moment it starts from.",
        show_default=False,
    ),
]

KnownTime = Annotated[
    str | None,
    typer.Option(
        "--known",
        help="Only what was known by this day or time, events and parameters; all by default.",
        show_default=False,
    ),
]

MISFITS = 5
"""Parameters without a place that are named."""


def chosen_parameters(terminal: Terminal, start: Start, *, project: Path, store: str | None, name: str | None) -> Applied | None:
    """Return the parameters to look ahead with, and say which; None for those of the tables.

    Parameters
    ----------
    terminal : where it is said. start : where the look ahead begins. project, store : place of the log. name : as it was given.

    Raises
    ------
    UsageError
        There is no such version.
    """
    if name == TABLES:
        return None
    from chaintwin.cli.commands.live.logs import log_to_read
    from chaintwin.clock import text_of
    from chaintwin.fidelity.versions.looking import Described, version_at
    from chaintwin.fidelity.versions.shelf import ID_SIGNS, version_of
    from chaintwin.store.opening import open_store

    with open_store(log_to_read(project, store), read_only=True) as log:
        version = version_at(log, start.time, known=start.known) if name is None else version_of(log, name)
    if version is None:
        return None
    found = Described.of(start.network).applied(version)
    terminal.note(f"Parameters of version {found.version[:ID_SIGNS]}, from events until {text_of(found.made_at)[:16]}.")
    if version.made_at > start.time:
        terminal.warn(f"version {found.version[:ID_SIGNS]} knows events after the moment it starts from")
    for finding in found.findings[:MISFITS]:
        terminal.warn(str(finding))
    if len(found.findings) > MISFITS:
        terminal.warn(f"and {len(found.findings) - MISFITS:,} more parameters have no place in the network")
    return found
