"""``chaintwin log erase``: values that name a person, made unreadable for ever."""

from __future__ import annotations

from typing import Annotated

import typer

from chaintwin.cli.commands.log.places import KeyFile, Log, place_to_read, shown
from chaintwin.cli.commands.options import Json
from chaintwin.cli.terminal.session import fail, session


def erase(
    log: Log,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="As events name the person.", show_default=False)],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, nothing is done.")] = False,
    key_file: KeyFile = None,
    json: Json = False,
) -> None:
    """Erase a person: destroy the key of the values that name one.

    The events stay, and so do their proofs; the values cannot be read again, in this log. Backups and copies made before
    hold them: erase there too, or name the person to restore --erased.
    """
    with session(is_json=json) as terminal:
        from rich.text import Text

        from chaintwin.errors import UsageError, amount_of
        from chaintwin.store.opening import open_store

        place = place_to_read(log)
        if not yes:
            raise UsageError(
                f"chaintwin log erase: found no --yes; allowed: with --yes only, because values that name {person!r} can never "
                "be read again then"
            )
        with open_store(place, key_file=key_file) as store:
            count = store.erase(person)
        terminal.document({"store": shown(place), "events": count})
        if not count:
            terminal.show(
                Text(
                    f"{shown(place)} has no value that names {person!r}, or they were erased before. Names count as events write "
                    "them, capital letters too."
                )
            )
            fail()
        terminal.show(Text(f"{amount_of(count, 'event')} of {shown(place)} named {person!r}; no one can read that again."))
