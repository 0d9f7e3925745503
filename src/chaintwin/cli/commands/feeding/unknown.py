"""Names that events brought and a project does not know, and what makes them known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from chaintwin.store.interface import Store

SHOWN_MAX = 6
"""Names that are told; the state has all."""

KINDS = ("site", "product", "unit")


def unknown_names(terminal: Terminal, project: Path, *, log: Store) -> list[dict[str, object]]:
    """Return what the events of a log name and the project does not know, what was met most often first.

    Parameters
    ----------
    terminal : where the wait is shown. project : folder or workbook; one with faults knows nothing, which is noted.
    log : open; snapshots of the state are kept in it where it can be written.
    """
    from chaintwin.cli.terminal.progress import waiting
    from chaintwin.errors import InputError
    from chaintwin.twin import Twin
    from chaintwin.twin.closing import EARLIER

    try:
        with waiting(terminal, "Looking names up in the project"):
            live = Twin.open(project, store=log, is_kept=log.health().writable).now()
    except InputError:
        terminal.note("The project has faults, so the names in the events were not looked up: chaintwin check shows them.")
        return []
    rows = [
        {"what": what, "name": name, "times": times, "fix": cure_of(what, name)}
        for (what, name), (_, times, *_) in live.cells["unknown"].cells.items()
        if what in KINDS and name != EARLIER
    ]
    return sorted(rows, key=lambda row: (KINDS.index(str(row["what"])), -int(str(row["times"])), str(row["name"])))


def cure_of(what: str, name: str) -> str:
    """Return what makes a name known: a row of a table.

    Parameters
    ----------
    what : site, product or unit. name : as the state calls it.

    Example
    -------
    >>> cure_of("site", "https://id.gs1.org/414/0614141123452")
    'identifiers: site, ITS-ID, GLN, 0614141123452'
    >>> cure_of("site", "urn:chaintwin:v1:site:buyer%3AS-7")
    'identifiers: site, ITS-ID, BUYER, S-7'
    """
    from chaintwin.events.vocabulary import own_name

    if what == "unit":
        unit, _, product = name.partition(" of ")
        return f"units: a row that says how many base units of {product} one {unit} holds"
    own = own_name(name)
    if own is not None and ":" in own.id:
        # A code and the word for who gave it, as messages of trading partners have them.
        scheme, _, value = own.id.partition(":")
        return f"identifiers: {what}, ITS-ID, {scheme.upper()}, {value}"
    if own is not None:
        return f"{what}s: a row with the id {own.id}"
    key, _, value = name.removeprefix("https://id.gs1.org/").partition("/")
    known = {"01": "GTIN", "414": "GLN", "417": "GLN"}.get(key) if name.startswith("https://id.gs1.org/") else None
    if what == "product" and known is None and "/" not in name and ":" not in name:
        return f"products: a row with the id {name}"
    return f"identifiers: {what}, ITS-ID, {known or 'ANY-WORD'}, {value.partition('/')[0] if known else name}"


def show_unknown(terminal: Terminal, rows: list[dict[str, object]]) -> None:
    """Say which names are not known and what makes them so; nothing where all are.

    Parameters
    ----------
    rows : as ``unknown_names`` returns them.
    """
    from rich.text import Text

    from chaintwin.cli.terminal.output import printable
    from chaintwin.errors import amount_of

    if not rows:
        return
    kinds = [amount_of(count, kind) for kind in KINDS if (count := sum(row["what"] == kind for row in rows))]
    terminal.title(f"The project does not know {', '.join(kinds)} of the events")
    for row in rows[:SHOWN_MAX]:
        times = int(str(row["times"]))
        terminal.show(Text(printable(f"  {row['what']} {row['name']}, met {'once' if times == 1 else f'{times:,} times'}")))
        terminal.show(Text(printable(f"    add to {row['fix']}"), style="dim"))
    if len(rows) > SHOWN_MAX:
        terminal.show(f"  and {len(rows) - SHOWN_MAX:,} more; chaintwin state --json has all")
    terminal.show("  The events are kept; once the tables know the names, all of them count under the right ones.")
