"""``chaintwin log upgrade``: the tables of a log in the form of this version."""

from __future__ import annotations

from chaintwin.cli.commands.log.places import KeyFile, Log, place_to_read, shown
from chaintwin.cli.commands.options import Json
from chaintwin.cli.terminal.session import session


def upgrade(log: Log, *, key_file: KeyFile = None, json: Json = False) -> None:
    """Bring a log of an earlier version to this one."""
    with session(is_json=json) as terminal:
        from rich.text import Text

        from chaintwin.cli.terminal.progress import waiting
        from chaintwin.store.log.tables import SCHEMA_VERSION
        from chaintwin.store.opening import open_store

        place = place_to_read(log)
        # Whoever opens a log to write it brings its tables up to date, in one transaction.
        with waiting(terminal, f"Opening {log}"), open_store(place, key_file=key_file) as store:
            head = store.head()
        terminal.document({"store": shown(place), "events": head.sequence, "version": SCHEMA_VERSION})
        terminal.show(Text(f"{shown(place)} has tables of version {SCHEMA_VERSION}, the present one."))
