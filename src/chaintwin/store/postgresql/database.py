"""A PostgreSQL database as the database of a log: one writing session, held by a lock, and reading sessions that are lent."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from chaintwin.errors import ChaintwinError, StoreDamagedError, UsageError
from chaintwin.store.log.database import WHILE_WRITTEN, WRITING, Row
from chaintwin.store.log.tables import TABLES
from chaintwin.store.migrating import bring_up_to_date, check_readable
from chaintwin.store.postgresql.schema import statements

if TYPE_CHECKING:
    import psycopg

_IDLE_READERS_MAX = 8
_FEW_ROWS = 8
_LOCK = "SELECT pg_try_advisory_lock(hashtext('chaintwin'), hashtext(current_schema()))"
_DAMAGED = ("XX001", "XX002")
_FULL = "53100"
_LOCK_SECONDS = 2.0


class PostgresqlDatabase:
    """A log in a schema of a database: the first one of the search path.

    Parameters
    ----------
    url : as libpq reads it; ``?options=-csearch_path%3Dname`` chooses a schema, which must exist.
    read_only : another process may write it meanwhile.

    Raises
    ------
    UsageError
        It cannot be reached, another process writes it, or psycopg is not installed.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._driver = _load_driver()
        self._url = url
        self.is_read_only = read_only
        self._idle: list[psycopg.Connection[Any]] = []
        self._mutex = threading.Lock()
        self._closed = False
        try:
            if read_only:
                with self.reader() as reader:
                    check_readable(reader, place=self.place)
            else:
                self.writer(make=True).close()
        except self._driver.errors.UndefinedTable:
            self.close()
            raise UsageError(
                f"store {self.place}: found no log; allowed: an existing one; fix: open it for writing once"
            ) from None
        except BaseException:
            self.close()
            raise

    @property
    def place(self) -> str:
        """Where it lies, for messages; without passwords."""
        parts = self._driver.conninfo.conninfo_to_dict(self._url)
        return f"postgresql://{parts.get('host', '')}/{parts.get('dbname', '')}"

    def writer(self, *, make: bool = False) -> PostgresqlWriter:
        """Return a new writing session that holds the lock; ``make`` makes the tables if there are none."""
        connection = self._connect()
        try:
            if not _is_locked(connection):
                raise UsageError(
                    f"store {self.place}: found it open for writing by another session, {WRITING}; allowed: one writer; "
                    f"fix: {WHILE_WRITTEN}"
                )
            connection.execute("SET synchronous_commit = on")
            writer = PostgresqlWriter(connection)
            if make:
                bring_up_to_date(writer, place=self.place)
        except BaseException:
            connection.close()
            raise
        return writer

    @contextmanager
    def reader(self) -> Iterator[PostgresqlReader]:
        """Lend a reading connection; it waits for no writer."""
        connection = self._borrow()
        try:
            yield PostgresqlReader(connection)
        finally:
            self._give_back(connection)

    @contextmanager
    def snapshot(self) -> Iterator[PostgresqlReader]:
        """Lend a reading connection that sees one moment for as long as it is lent."""
        with self.reader() as reader:
            reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield reader
            finally:
                reader.run("ROLLBACK")

    def is_full(self, error: BaseException) -> bool:
        """Tell whether an error says that there is no space left."""
        return getattr(error, "sqlstate", None) == _FULL

    def check(self) -> list[str]:
        """Let the database check its own files; return what it found, in words."""
        # Pages carry checksums that the server compares when it reads them, and verifying reads every row.
        with self.reader() as reader:
            is_on = reader.rows("SHOW data_checksums")[0][0] == "on"
        return (
            [] if is_on else [f"{self.place}: data_checksums is off, so damaged pages may go unseen; fix: pg_checksums --enable"]
        )

    def close(self) -> None:
        """Close all connections and give the lock back."""
        with self._mutex:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            with suppress(Exception):
                connection.close()

    def _connect(self) -> psycopg.Connection[Any]:
        try:
            connection: psycopg.Connection[Any] = self._driver.connect(self._url, autocommit=True)
            return connection
        except self._driver.OperationalError as error:
            raise UsageError(
                f"store {self.place}: found that it cannot be reached ({str(error).strip()}); allowed: a running server and an "
                "existing database; fix: check host, database and password"
            ) from error

    def _borrow(self) -> psycopg.Connection[Any]:
        with self._mutex:
            if self._closed:
                raise ChaintwinError(f"store {self.place} is closed")
            while self._idle:
                connection = self._idle.pop()
                if not connection.closed:
                    return connection
        return self._connect()

    def _give_back(self, connection: psycopg.Connection[Any]) -> None:
        with self._mutex:
            if not self._closed and not connection.closed and len(self._idle) < _IDLE_READERS_MAX:
                self._idle.append(connection)
                return
        connection.close()


class PostgresqlReader:
    """A lent session."""

    __slots__ = ("_connection",)

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a statement."""
        import psycopg

        try:
            cursor = self._connection.cursor(binary=True)
            return cursor.execute(_translated(statement), tuple(parameters)).fetchall()
        except psycopg.Error as error:
            if error.sqlstate in _DAMAGED:
                raise StoreDamagedError(
                    f"PostgreSQL: found a page that is not what was written ({error}); fix: restore a backup"
                ) from error
            raise

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Do a statement and return how many rows it changed."""
        return self._connection.execute(_translated(statement), tuple(parameters)).rowcount

    def contains(self, column: str) -> str:
        """Return the condition that a column of bytes contains those of the next parameter."""
        return f"position(?::bytea in {column}) > 0"


class PostgresqlWriter(PostgresqlReader):
    """The writing session."""

    __slots__ = ()

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        cursor = self._connection.cursor()
        if len(rows) <= _FEW_ROWS:
            cursor.executemany(_insert(table), rows)
            return
        with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_types(table))
            for row in rows:
                copy.write_row(row)

    def statements(self, names: Collection[str]) -> list[str]:
        return statements(names)

    def has(self, table: str) -> bool:
        return self.rows("SELECT to_regclass(current_schema() || '.' || ?)::text", (table,))[0][0] is not None

    def begin(self) -> None:
        self._connection.execute("BEGIN")

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        with suppress(Exception):
            self._connection.execute("ROLLBACK")

    def tidy(self) -> None:
        """Nothing: the server does it."""

    def settle(self) -> None:
        self._connection.execute("BEGIN")
        self._connection.execute("DELETE FROM settings WHERE name = 'settled'")
        self._connection.execute("INSERT INTO settings VALUES ('settled', '')")
        self._connection.execute("COMMIT")

    def scrub(self) -> None:
        self._connection.execute("VACUUM (FULL) subjects")
        self._connection.execute("CHECKPOINT")

    def close(self) -> None:
        with suppress(Exception):
            # A session ends a moment after its connection was closed; the lock is to be free at once.
            self._connection.execute("SELECT pg_advisory_unlock_all()")
        with suppress(Exception):
            self._connection.close()


def _is_locked(connection: psycopg.Connection[Any]) -> bool:
    """Take the lock of the one writer; the server takes a moment to see that a process that held it has ended."""
    until = monotonic() + _LOCK_SECONDS
    while not connection.execute(_LOCK).fetchall()[0][0]:
        if monotonic() >= until:
            return False
        sleep(0.05)
    return True


def _load_driver() -> Any:
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError as error:
        raise UsageError(
            f"store postgresql://: found no psycopg ({error}); allowed: psycopg 3; fix: pip install 'chaintwin[postgres]'"
        ) from error
    return psycopg


@lru_cache(maxsize=256)
def _translated(statement: str) -> Any:
    return statement.replace("%", "%%").replace("?", "%s").encode()


@lru_cache(maxsize=64)
def _insert(table: str) -> Any:
    columns = next(found.columns for found in TABLES if found.name == table)
    return f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(columns))})".encode()


@lru_cache(maxsize=64)
def _types(table: str) -> tuple[str, ...]:
    kinds = {"INTEGER": "int8", "TEXT": "text", "BLOB": "bytea"}
    return tuple(kinds[kind] for _, kind in next(found.columns for found in TABLES if found.name == table))
