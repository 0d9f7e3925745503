"""A SQLite file as the database of a log: one writing connection, reading ones that are lent, nobody waits for the writer."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaintwin.errors import ChaintwinError, StoreDamagedError, UsageError
from chaintwin.store.interface import Progress
from chaintwin.store.log.database import Row
from chaintwin.store.log.tables import TABLES
from chaintwin.store.migrating import bring_up_to_date, check_readable
from chaintwin.store.sqlite.checkpointing import Checkpointing
from chaintwin.store.sqlite.connecting import PAGE_SIZE, connect, damage, rows_of
from chaintwin.store.sqlite.locking import WriterLock
from chaintwin.store.sqlite.moving import move_durably
from chaintwin.store.sqlite.schema import statements
from chaintwin.store.sqlite.wholeness import check_whole

if TYPE_CHECKING:
    import apsw

CHECKPOINT_PAGES = 4_000
"""16 MB."""

COPIED_PAGES = 1_000
"""Pages of a copy between two reports of how far it is."""

_IDLE_READERS_MAX = 8
_INSERTS = {table.name: f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(table.columns))})" for table in TABLES}


class SqliteDatabase:
    """A log in a file.

    Parameters
    ----------
    path : of the file; made if it is absent, unless ``read_only``.
    read_only : another process may write it meanwhile.
    synchronous : what a commit waits for; only tests that show what is lost otherwise give anything but FULL.
    checkpoint_pages : pages of the write-ahead log after which they are moved into the file.
    page_size : bytes of a page of a new file, a power of two from 512 on.

    Raises
    ------
    UsageError
        Another process writes it, or there is none to read.
    StoreDamagedError
        It is not what was written.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        synchronous: str = "FULL",
        checkpoint_pages: int = CHECKPOINT_PAGES,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._path = path
        self._synchronous = synchronous
        self._checkpoint_pages = checkpoint_pages
        self._page_size = page_size
        self.is_read_only = read_only
        self._idle: list[apsw.Connection] = []
        self._mutex = threading.Lock()
        self._closed = False
        if read_only and not path.exists():
            raise UsageError(f"store {path}: found no file; allowed: an existing store; fix: open it for writing once")
        self._lock = None if read_only else WriterLock(path)
        try:
            check_whole(path)
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
        """Where it lies, for messages; without passwords."""
        return str(self._path)

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self._path

    def writer(self) -> SqliteWriter:
        """Return a new writing connection; the caller closes the one before."""
        return self._writer_of(self._path)

    @contextmanager
    def reader(self) -> Iterator[SqliteReader]:
        """Lend a reading connection; it waits for no writer."""
        connection = self._borrow()
        try:
            yield SqliteReader(connection)
        finally:
            self._give_back(connection)

    @contextmanager
    def snapshot(self) -> Iterator[SqliteReader]:
        """Lend a reading connection that sees one moment for as long as it is lent."""
        with self.reader() as reader:
            reader.rows("BEGIN")
            try:
                yield reader
            finally:
                reader.rows("ROLLBACK")

    def is_full(self, error: BaseException) -> bool:
        """Tell whether an error says that there is no space left."""
        import apsw

        return isinstance(error, apsw.FullError)

    def check(self) -> list[str]:
        """Let the database check its own files; return what it found, in words."""
        with self.reader() as reader:
            try:
                found = [str(text) for (text,) in reader.rows("PRAGMA integrity_check(20)")]
            except StoreDamagedError as error:
                return [str(error)]
        return [] if found == ["ok"] else found

    def copy_pages(self, target: Path, *, progress: Progress | None = None) -> None:
        """Copy the file as it is at one moment, while it goes on being written."""
        connection = connect(target, writing=True)
        try:
            with self.snapshot() as reader:
                # The moment is that of the first row that is read.
                reader.rows("SELECT 1 FROM settings LIMIT 1")
                reader.copy_to(connection, progress=progress)
        finally:
            connection.close()

    def close(self) -> None:
        """Close all connections and give the lock back."""
        with self._mutex:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            with suppress(Exception):
                connection.close()
        if self._lock is not None:
            self._lock.release()

    def _make(self) -> None:
        path = self._path
        if not path.exists() or path.stat().st_size == 0:
            _check_alone(path)
            # A new log is made beside its place and moved there whole, so that a cut in the midst leaves none.
            path = path.with_name(path.name + ".new")
            for tail in ("", "-wal", "-shm", "-journal"):
                path.with_name(path.name + tail).unlink(missing_ok=True)
        writer = self._writer_of(path)
        try:
            bring_up_to_date(writer, place=self.place)
            if path != self._path:
                writer.settle()
        finally:
            writer.close()
        if path != self._path:
            move_durably(path, self._path)

    def _writer_of(self, path: Path) -> SqliteWriter:
        checkpoints = Checkpointing(lambda: self._connect(path, writing=True), pages=self._checkpoint_pages)
        return SqliteWriter(self._connect(path, writing=True), checkpoints=checkpoints)

    def _connect(self, path: Path, *, writing: bool) -> apsw.Connection:
        import apsw

        try:
            return connect(path, writing=writing, synchronous=self._synchronous, page_size=self._page_size)
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
        return self._connect(self._path, writing=False)

    def _give_back(self, connection: apsw.Connection) -> None:
        with self._mutex:
            if not self._closed and len(self._idle) < _IDLE_READERS_MAX:
                self._idle.append(connection)
                return
        connection.close()


def _check_alone(path: Path) -> None:
    """Refuse to make a log beside the last entries of another one, which would be taken for its own."""
    left = path.with_name(path.name + "-wal")
    if left.exists() and left.stat().st_size:
        raise UsageError(
            f"store {path}: found {left.name} of a log that is not there; allowed: an empty place; fix: put that log back, or "
            "move its -wal, -shm and .key away too"
        )


class SqliteReader:
    """A lent reading connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement."""
        return rows_of(self._connection, statement, parameters=parameters)

    def copy_to(self, target: apsw.Connection, *, progress: Progress | None = None) -> None:
        """Copy all pages of the moment that this connection sees, which holds no writer up."""
        with target.backup("main", self._connection, "main") as pages:
            while not pages.done:
                pages.step(COPIED_PAGES)
                if progress is not None and pages.page_count:
                    progress(1.0 - pages.remaining / pages.page_count)

    def contains(self, column: str) -> str:
        """Return the condition that a column of bytes contains those of the next parameter."""
        return f"instr({column}, ?) > 0"


class SqliteWriter(SqliteReader):
    """The writing connection."""

    __slots__ = ("_checkpoints",)

    def __init__(self, connection: apsw.Connection, *, checkpoints: Checkpointing) -> None:
        super().__init__(connection)
        self._checkpoints = checkpoints

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
        """Have the write-ahead log moved into the file once it is long."""
        self._checkpoints.look(self._connection)

    def settle(self) -> None:
        # Moving all frames into the file writes and syncs each of them again, so nothing hangs on a sync that failed.
        self._move_all()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT OR REPLACE INTO settings VALUES ('settled', ?)", (b"",))
        self._connection.execute("COMMIT")

    def scrub(self) -> None:
        # Bytes of a row that grew shorter can stay in the free space of pages. Taken out and put in again, with free pages
        # overwritten, nothing of them stays in the file; emptying the write-ahead log takes them from there.
        self._connection.execute("PRAGMA secure_delete=ON").fetchall()
        self.begin()
        rows = self.rows("SELECT * FROM subjects")
        self.run("DELETE FROM subjects")
        self.insert("subjects", rows)
        self.commit()
        self._connection.execute("PRAGMA secure_delete=FAST").fetchall()
        self._move_all()

    def close(self) -> None:
        self._checkpoints.close()
        with suppress(Exception):
            self._connection.close()

    def _move_all(self) -> None:
        import apsw

        with self._checkpoints.running:
            self._connection.wal_checkpoint(None, apsw.SQLITE_CHECKPOINT_TRUNCATE)
