"""What an ingest says at its end: for machines one document, for people a table, reasons and what was read before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal

if TYPE_CHECKING:
    from chaintwin.ingest.connectors.running import Summary
    from chaintwin.store.interface import Store

COUNTS = ("accepted", "duplicate", "conflict", "rejected")
"""What becomes of events."""


@dataclass(frozen=True, slots=True)
class Took:
    """What was taken of one source.

    Parameters
    ----------
    source, connector : which. summary : what was taken. read_at : when it was read before, microseconds; None for never.
    name : in the project file; empty for one that was given. error : why its reading failed; empty where it did not.
    """

    source: str
    connector: str
    summary: Summary
    read_at: int | None = None
    name: str = ""
    error: str = ""

    @property
    def title(self) -> str:
        """How people know it."""
        if self.name or "://" in self.source:
            # An address is shown as it is; of a path the last part is enough.
            return self.name or self.source
        return Path(self.source).name or self.source

    @property
    def is_good(self) -> bool:
        """Whether all of it was taken."""
        return not (self.error or self.summary.rejected or self.summary.conflict)


def line_of(name: str, counted: object) -> str:
    """Return in one line what became of events.

    Parameters
    ----------
    name : of the source. counted : what has the four counts as attributes.
    """
    parts = {count: getattr(counted, count) for count in COUNTS}
    return f"{name}: " + ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)


def tell(terminal: Terminal, took: Sequence[Took], *, store: Store, place: str, is_dry: bool, unknown: object) -> None:
    """Give the document for machines.

    Parameters
    ----------
    took : of each source. store : open, at that place. is_dry : nothing was written. unknown : names that are not known.
    """
    sources = [
        ({"name": one.name, "error": one.error or None} if one.name else {})
        | {"source": one.source, "connector": one.connector}
        | {name: getattr(one.summary, name) for name in COUNTS}
        | {"reasons": dict(one.summary.reasons), "examples": dict(one.summary.examples)}
        for one in took
    ]
    about = {"store": place, "dry_run": is_dry, "events": store.head().sequence, "sources": sources}
    terminal.document(about | {"unknown": unknown})


def show(terminal: Terminal, took: Sequence[Took], *, is_dry: bool) -> None:
    """Say what became of each source: how many, what was refused and why, what was read before, what failed.

    Parameters
    ----------
    took : of each source. is_dry : nothing was written.
    """
    from rich.table import Table
    from rich.text import Text

    from chaintwin.cli.terminal.output import printable
    from chaintwin.clock import text_of

    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("source", overflow="fold")
    for name in COUNTS:
        table.add_column(name, justify="right", no_wrap=True)
    for one in took:
        table.add_row(Text(printable(one.title)), *(f"{getattr(one.summary, name):,}" for name in COUNTS))
    terminal.title("Checked, nothing written" if is_dry else "Taken into the log")
    terminal.show(table)
    for one in took:
        if one.error:
            terminal.show(Text(printable(f"  {one.title}: {one.error}"), style="red"))
        elif one.read_at is not None and not one.summary.read:
            at = text_of(one.read_at)
            terminal.show(Text(printable(f"  {one.title}: already read at {at}, nothing new; --anew reads it from its begin")))
        for reason, count in sorted(one.summary.reasons.items(), key=lambda pair: (-pair[1], pair[0])):
            example = one.summary.examples.get(reason, one.title)
            terminal.show(Text(printable(f"  {count:,} x {reason}, such as {example}")))
    if any(one.summary.rejected or one.summary.conflict for one in took) and not is_dry:
        terminal.show("", "What was refused is set aside in the log with its reasons: chaintwin refused shows it.")
