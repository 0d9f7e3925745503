"""``chaintwin log backup``: a log into a file, while it goes on being written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chaintwin.cli.commands.log.places import KeyFile, Log, place_to_read, show_copied
from chaintwin.cli.commands.options import Json
from chaintwin.cli.terminal.session import session


def backup(
    log: Log,
    file: Annotated[Path, typer.Argument(help="File to write the backup to, in an existing folder.", show_default=False)],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the file if there is one, once the new one is whole.")
    ] = False,
    key_file: KeyFile = None,
    json: Json = False,
) -> None:
    """Copy a log into a file, as it is at one moment.

    It may be written meanwhile, by chaintwin serve say.
    """
    with session(is_json=json) as terminal:
        from chaintwin.cli.terminal.progress import progress_bar
        from chaintwin.errors import UsageError
        from chaintwin.store.copying import backup as back_up
        from chaintwin.store.opening import open_store

        place = place_to_read(log)
        if file.exists() and not replace:
            raise UsageError(f"{file}: found something there; allowed: a new file; fix: name another one, or add --replace")
        with (
            open_store(place, read_only=True, key_file=key_file) as store,
            progress_bar(terminal, f"Backing up to {file}", is_cold=False) as report,
        ):
            head = back_up(store, file, progress=report)
            has_key = store.key.exists()
        key = file.with_name(file.name + ".key") if has_key else None
        show_copied(terminal, head, source=place, target=str(file), key=key)
