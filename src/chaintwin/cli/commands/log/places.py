"""Which log a command is about: that of a project, a file, or a database; and how far one goes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from chaintwin.store.interface import Head
    from chaintwin.store.log.store import LogStore

Log = Annotated[
    str,
    typer.Argument(
        metavar="LOG",
        help="A project, whose log lies in .twin/log.db; or a log itself: a file, or postgresql://USER@HOST/DATABASE.",
        show_default=False,
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", help="File of the key of personal values, where a database holds the log.", show_default=False),
]


def place_of(log: str) -> str:
    """Return where a log lies that a person named by its project, its file or its URL; nothing is made.

    Parameters
    ----------
    log : folder or workbook of a project, file of a log, or URL.

    Raises
    ------
    UsageError
        A folder that is no project.
    """
    from chaintwin.cli.commands.live.logs import is_project, log_place

    is_of_project = "://" not in log and (Path(log).is_dir() or is_project(Path(log)))
    return log_place(Path(log), None) if is_of_project else log


def place_to_read(log: str) -> str:
    """Return where a log lies that is there; arguments as for ``place_of``.

    Raises
    ------
    UsageError
        There is none.
    """
    from chaintwin.errors import UsageError

    place = place_of(log)
    if "://" not in place and not Path(place).is_file():
        raise UsageError(f"{log}: found no log {place}; allowed: a log, which the first ingest or capture makes, or a backup")
    return place


def place_to_make(log: str) -> str:
    """Return where a log is to be made, with the usual folder of a project; arguments as for ``place_of``."""
    place = place_of(log)
    if "://" not in place and Path(place) != Path(log):
        Path(place).parent.mkdir(exist_ok=True)
    return place


def point_of(option: str, text: str | None) -> tuple[int | None, int | None]:
    """Return the entry, or else the time of record in microseconds, that a person means; both None for all.

    Parameters
    ----------
    option : its name. text : a number of an entry, a day, or a time; one without a zone is in UTC, a day is its begin.

    Raises
    ------
    UsageError
        It is none of these.
    """
    from chaintwin.clock import microseconds_of
    from chaintwin.errors import UsageError

    if text is None:
        return None, None
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text), None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        allowed = "the number of an entry, a day such as 2026-03-31, or a time such as 2026-03-31T16:30+01:00"
        raise UsageError(f"{option}: found {text}; allowed: {allowed}") from None
    return None, microseconds_of(found if found.tzinfo else found.replace(tzinfo=UTC))


def check_within(store: LogStore, *, upto: int | None, until: int | None) -> None:
    """Refuse a point that a log has nothing of.

    Parameters
    ----------
    store : of the log. upto : number of an entry, or None. until : time of record in microseconds, or None.

    Raises
    ------
    UsageError
        There is no such entry, or the first was recorded later.
    """
    from chaintwin.clock import text_of
    from chaintwin.errors import UsageError
    from chaintwin.store.interface import Search

    last = store.head().sequence
    if upto is not None and not 1 <= upto <= last:
        raise UsageError(f"--to: found entry {upto:,}; allowed: 1 to {last:,}, the last one")
    first = store.find(Search(by_recorded=True), limit=1) if until is not None else []
    if until is not None and first and until < first[0][0]:
        found = f"{text_of(until)}, before anything was recorded"
        raise UsageError(f"--to: found {found}; allowed: from {text_of(first[0][0])} on, when the first entry was recorded")


def show_copied(terminal: Terminal, head: Head, *, source: str, target: str, key: Path | None) -> None:
    """Say what a copy holds and where the key of its personal values lies.

    Parameters
    ----------
    head : how far the copy goes. source, target : where the logs lie. key : file of the key, None for a log without one.
    """
    from rich.text import Text

    from chaintwin.errors import amount_of

    terminal.document(
        {"from": shown(source), "to": shown(target), "events": head.sequence, "root": head.root.hex(), "key_file": key}
    )
    terminal.show(Text(f"{shown(target)} holds {amount_of(head.sequence, 'event')} of {shown(source)}."))
    terminal.show(Text(f"Root: {head.root.hex()}"))
    if key is not None:
        terminal.show("", Text(f"The key of personal values lies in {key}; who has both can read them, so keep it apart."))


def shown(place: str) -> str:
    """Return where a log lies without a password."""
    import re
    from urllib.parse import urlsplit

    if "://" not in place:
        return place
    place = re.sub(r"(?<=[?&]password=)[^&#]*", "...", place)
    password = urlsplit(place).password
    return place.replace(f":{password}@", ":...@", 1) if password else place
