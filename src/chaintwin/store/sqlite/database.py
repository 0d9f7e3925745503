"""A SQLite file as the database of a log: one writing connection, reading ones that are lent, nobody waits for the writer."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaintwin.errors import ChaintwinError, StoreDamagedError, UsageError
from chaintwin.store.log.database import Row
from chaintwin.store.log.tables import TABLES
from chaintwin.store.migrating import bring_up_to_date, check_readable
from chaintwin.store.sqlite.connecting import check_header, connect, damage, rows_of
from chaintwin.store.sqlite.locking import WriterLock
from chaintwin.store.sqlite.schema import statements

if TYPE_CHECKING:
    import apsw

CHECKPOINT_PAGES = 4_000
"""Pages of the write-ahead log after which they are moved into the file: 16 MB."""

_IDLE_READERS_MAX = 8
_INSERTS = {table.name: f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(table.columns))})" for table in TABLES}


class SqliteDatabase:
    """A log in a file.

    Parameters
    ----------
    path : of the file; made if it is absent, unless ``read_only``.
    read_only : another process may write it meanwhile.
    synchronous : what a commit waits for; only tests that show what is lost otherwise give anything but FULL.

    Raises
    ------
    UsageError
        Another process writes it, or there is none to read.
    StoreDamagedError
        It is not what was written.
    """

    def __init__(self, path: Path, *, read_only: bool = False, synchronous: str = "FULL") -> None:
        self._path = path
        self._synchronous = synchronous
        self.is_read_only = read_only
        self._idle: list[apsw.Connection] = []
        self._mutex = threading.Lock()
        self._closed = False
        if read_only and not path.exists():
            raise UsageError(f"store {path}: found no file; allowed: an existing store; fix: open it for writing once")
        self._lock = None if read_only else WriterLock(path)
        try:
            check_header(path)
            if read_only:
                with self.reader() as reader:
                    check_readable(reader, place=self.place)
            else:
                self._make()
        except BaseException:
            self.close()
            raise

    @property
    def place(self) -> str:
        return str(self._path)

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self._path

    def writer(self) -> SqliteWriter:
        return SqliteWriter(self._connect(writing=True))

    @contextmanager
    def reader(self) -> Iterator[SqliteReader]:
        connection = self._borrow()
        try:
            yield SqliteReader(connection)
        finally:
            self._give_back(connection)

    @contextmanager
    def snapshot(self) -> Iterator[SqliteReader]:
        with self.reader() as reader:
            reader.rows("BEGIN")
            try:
                yield reader
            finally:
                reader.rows("ROLLBACK")

    def is_full(self, error: BaseException) -> bool:
        import apsw

        return isinstance(error, apsw.FullError)

    def check(self) -> list[str]:
        with self.reader() as reader:
            try:
                found = [str(text) for (text,) in reader.rows("PRAGMA integrity_check(20)")]
            except StoreDamagedError as error:
                return [str(error)]
        return [] if found == ["ok"] else found

    def copy_pages(self, target: Path) -> None:
        """Copy the file as it is at one moment, while it goes on being written."""
        connection = connect(target, writing=True)
        try:
            with self.reader() as reader:
                reader.copy_to(connection)
        finally:
            connection.close()

    def close(self) -> None:
        with self._mutex:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            with suppress(Exception):
                connection.close()
        if self._lock is not None:
            self._lock.release()

    def _make(self) -> None:
        writer = self.writer()
        try:
            bring_up_to_date(writer, place=self.place)
        finally:
            writer.close()

    def _connect(self, *, writing: bool) -> apsw.Connection:
        import apsw

        try:
            return connect(self._path, writing=writing, synchronous=self._synchronous)
        except (apsw.CorruptError, apsw.NotADBError, apsw.IOError) as error:
            raise damage(error, self.place) from error
        except apsw.CantOpenError as error:
            raise UsageError(
                f"store {self._path}: found that it cannot be opened ({error}); allowed: a file in an existing folder "
                "that this user may write"
            ) from error

    def _borrow(self) -> apsw.Connection:
        with self._mutex:
            if self._closed:
                raise ChaintwinError(f"store {self._path} is closed")
            if self._idle:
                return self._idle.pop()
        return self._connect(writing=False)

    def _give_back(self, connection: apsw.Connection) -> None:
        with self._mutex:
            if not self._closed and len(self._idle) < _IDLE_READERS_MAX:
                self._idle.append(connection)
                return
        connection.close()


class SqliteReader:
    """A lent reading connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement."""
        return rows_of(self._connection, statement, parameters=parameters)

    def copy_to(self, target: apsw.Connection) -> None:
        """Copy all pages in one step, which holds a state of the log meanwhile but no writer up."""
        with target.backup("main", self._connection, "main") as pages:
            pages.step(-1)

    def contains(self, column: str) -> str:
        """Return the condition that a column of bytes contains those of the next parameter."""
        return f"instr({column}, ?) > 0"


class SqliteWriter(SqliteReader):
    """The writing connection."""

    __slots__ = ()

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Add rows to a table, all columns in their order."""
        self._connection.executemany(_INSERTS[table], rows)

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        self._connection.execute(statement, tuple(parameters)).fetchall()
        return self._connection.changes()

    def statements(self, names: Collection[str]) -> list[str]:
        return statements(names)

    def has(self, table: str) -> bool:
        return bool(self.rows("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)))

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        with suppress(Exception):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def tidy(self) -> None:
        """Move the write-ahead log into the file once it is long."""
        import apsw

        frames, _ = self._connection.wal_checkpoint(None, apsw.SQLITE_CHECKPOINT_NOOP)
        if frames >= CHECKPOINT_PAGES:
            self._connection.wal_checkpoint(None, apsw.SQLITE_CHECKPOINT_PASSIVE)

    def settle(self) -> None:
        import apsw

        # Moving all frames into the file writes and syncs each of them again, so nothing hangs on a sync that failed.
        self._connection.wal_checkpoint(None, apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT OR REPLACE INTO settings VALUES ('settled', ?)", (b"",))
        self._connection.execute("COMMIT")

    def scrub(self) -> None:
        import apsw

        # Bytes of a row that grew shorter can stay in the free space of pages. Taken out and put in again, with free pages
        # overwritten, nothing of them stays in the file; emptying the write-ahead log takes them from there.
        self._connection.execute("PRAGMA secure_delete=ON").fetchall()
        self.begin()
        rows = self.rows("SELECT * FROM subjects")
        self.run("DELETE FROM subjects")
        self.insert("subjects", rows)
        self.commit()
        self._connection.execute("PRAGMA secure_delete=FAST").fetchall()
        self._connection.wal_checkpoint(None, apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()
