"""What a database has to offer so that a log can lie in it.

Statements are written once, with ``?`` for each parameter, in the part of SQL that SQLite and PostgreSQL share.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]

WRITING = "probably a chaintwin serve, or an ingest or replay that is still at work"
"""Who it is that holds a log."""

WHILE_WRITTEN = (
    "send events to the server instead (chaintwin replay FILE --project PROJECT --to http://127.0.0.1:8750/epcis "
    "--token-file FILE, or POST them to /epcis/capture), or stop that process; to read meanwhile: chaintwin state, or "
    "read_only=True in Python"
)
"""What to do while somebody else writes a log."""


class Reader(Protocol):
    """Answers statements, from what is durable."""

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement."""

    def contains(self, column: str) -> str:
        """Return the condition that a column of bytes contains those of the next parameter."""


class Writer(Reader, Protocol):
    """The one connection that writes."""

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Add rows to a table, all columns in their order."""

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Do a statement and return how many rows it changed."""

    def begin(self) -> None:
        """Begin a transaction."""

    def statements(self, names: Collection[str]) -> list[str]:
        """Return what makes tables with these names."""

    def has(self, table: str) -> bool:
        """Tell whether there is a table."""

    def commit(self) -> None:
        """End it and return only when it is durable."""

    def rollback(self) -> None:
        """Undo it; never fails."""

    def tidy(self) -> None:
        """Keep the database small; called after each commit and usually has nothing to do."""

    def settle(self) -> None:
        """After a failure: make sure that all that was committed before lies where it belongs, and that writing works."""

    def scrub(self) -> None:
        """Leave nothing of what was removed from rows."""

    def close(self) -> None:
        """Close the connection; never fails."""


class Database(Protocol):
    """One log, open."""

    @property
    def place(self) -> str:
        """Where it lies, for messages; without passwords."""

    @property
    def is_read_only(self) -> bool:
        """Whether it was opened for reading only."""

    def writer(self) -> Writer:
        """Return a new writing connection; the caller closes the one before."""

    def reader(self) -> AbstractContextManager[Reader]:
        """Lend a reading connection; it waits for no writer."""

    def snapshot(self) -> AbstractContextManager[Reader]:
        """Lend a reading connection that sees one moment for as long as it is lent."""

    def is_full(self, error: BaseException) -> bool:
        """Tell whether an error says that there is no space left."""

    def check(self) -> list[str]:
        """Let the database check its own files; return what it found, in words."""

    def close(self) -> None:
        """Close all connections and give the lock back."""
