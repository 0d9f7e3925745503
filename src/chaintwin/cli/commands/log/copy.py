"""``chaintwin log copy``: a log to another place, which may be of another kind."""

from __future__ import annotations

from typing import Annotated

import typer

from chaintwin.cli.commands.log.places import KeyFile, place_to_make, place_to_read, show_copied
from chaintwin.cli.commands.options import Json
from chaintwin.cli.terminal.session import session


def copy(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FROM", help="Log to copy: a project, a file, or postgresql://USER@HOST/DATABASE.", show_default=False
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="TO", help="Where it goes: a project, a file, or postgresql://USER@HOST/DATABASE.", show_default=False
        ),
    ],
    *,
    key_file: KeyFile = None,
    json: Json = False,
) -> None:
    """Copy a log to another place: a file, or PostgreSQL.

    Nobody should write it meanwhile: what comes after the copy has begun is not in it.
    """
    with session(is_json=json) as terminal:
        from pathlib import Path

        from chaintwin.cli.terminal.progress import progress_bar
        from chaintwin.store.copying import copy as copied
        from chaintwin.store.opening import open_store

        place = place_to_read(source)
        with open_store(place, read_only=True, key_file=key_file if "://" in place else None) as store:
            goal = place_to_make(target)
            with progress_bar(terminal, f"Copying {source}", is_cold=False) as report:
                head = copied(store, goal, key_file=key_file if "://" in goal else None, progress=report)
            has_key = store.key.exists()
        beside = key_file if "://" in goal else Path(f"{goal}.key")
        show_copied(terminal, head, source=place, target=goal, key=beside if has_key else None)
