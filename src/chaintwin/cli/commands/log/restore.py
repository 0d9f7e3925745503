"""``chaintwin log restore``: a log from a backup, whole or as it was."""

from __future__ import annotations

from typing import Annotated

import typer

from chaintwin.cli.commands.log.places import (
    KeyFile,
    Log,
    check_within,
    place_to_make,
    place_to_read,
    point_of,
    show_copied,
)
from chaintwin.cli.commands.options import Json
from chaintwin.cli.terminal.session import session


def restore(
    file: Annotated[str, typer.Argument(help="Backup, or any log, to restore from.", show_default=False)],
    log: Log,
    *,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="TIME|SEQUENCE",
            help="Only what the log had learned by this day or time, or up to the entry of this number.",
            show_default=False,
        ),
    ] = None,
    erased: Annotated[
        list[str] | None,
        typer.Option(
            "--erased", help="Person who was erased since the backup was made; erased again. May be repeated.", show_default=False
        ),
    ] = None,
    key_file: KeyFile = None,
    json: Json = False,
) -> None:
    """Make a log from a backup; a log that is there is kept."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.terminal.progress import progress_bar
        from chaintwin.store.copying import copy
        from chaintwin.store.opening import open_store

        upto, until = point_of("--to", to)
        source = place_to_read(file)
        with open_store(source, read_only=True, key_file=key_file if "://" in source else None) as store:
            check_within(store, upto=upto, until=until)
            # Only now, so that a backup that cannot be read leaves no folder behind.
            place = place_to_make(log)
            with progress_bar(terminal, f"Restoring {file}", is_cold=False) as report:
                head = copy(store, place, upto_sequence=upto, until=until, key_file=key_file, progress=report)
        with open_store(place, key_file=key_file) as store:
            for subject in erased or ():
                store.erase(subject)
            key = store.key.file if store.key.exists() else None
        show_copied(terminal, head, source=source, target=place, key=key)
