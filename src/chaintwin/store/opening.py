"""Opening a store by its URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from chaintwin.clock import Clock, SystemClock
from chaintwin.errors import UsageError
from chaintwin.store.log.database import Database
from chaintwin.store.log.personal.keys import MasterKey
from chaintwin.store.log.store import LogStore
from chaintwin.store.log.writing.queueing import Limits


def open_store(
    url: str | Path,
    *,
    clock: Clock | None = None,
    key_file: str | Path | None = None,
    read_only: bool = False,
    limits: Limits | None = None,
    retry_seconds: float = 2.0,
) -> LogStore:
    """Open a log, make it if there is none, and check that its end hangs together.

    Parameters
    ----------
    url : a path, ``sqlite:///path`` or ``postgresql://user@host/database``.
    clock : for what the store itself dates; that of the machine by default.
    key_file : where the master key of personal values lies; beside a SQLite file, with ``.key`` behind its name, by default.
    read_only : another process may write it meanwhile.
    limits : what it holds in memory. retry_seconds : how long after a failed write it is opened again and checked by itself.

    Raises
    ------
    UsageError
        The URL cannot mean a store, or another process writes it.
    StoreDamagedError
        What is in it is not what was written.

    Example
    -------
    >>> import tempfile
    >>> from chaintwin.clock import SetClock
    >>> with tempfile.TemporaryDirectory() as folder, open_store(f"{folder}/log.db", clock=SetClock()) as store:
    ...     store.put("notes", "first", content=b"hello")
    ...     store.get("notes", "first")
    b'hello'
    """
    database, beside = open_database(url, read_only=read_only)
    try:
        return LogStore(
            database,
            clock=clock or SystemClock(),
            key=MasterKey(beside if key_file is None else Path(key_file)),
            limits=limits,
            retry_seconds=retry_seconds,
        )
    except BaseException:
        database.close()
        raise


def open_database(url: str | Path, *, read_only: bool) -> tuple[Database, Path | None]:
    """Open the database of a log and return it, with the place of its key file if it has one by default."""
    path = file_of(url)
    if path is None:
        from chaintwin.store.postgresql.database import PostgresqlDatabase

        return PostgresqlDatabase(str(url), read_only=read_only), None
    from chaintwin.store.sqlite.database import SqliteDatabase

    return SqliteDatabase(path, read_only=read_only), path.with_name(path.name + ".key")


def file_of(url: str | Path) -> Path | None:
    """Return the file that a URL means, None for a database.

    Raises
    ------
    UsageError
        The URL cannot mean a store.
    """
    scheme = "" if isinstance(url, Path) else urlsplit(url).scheme
    return None if scheme in ("postgresql", "postgres") else _path(url, scheme)


def _path(url: str | Path, scheme: str) -> Path:
    if isinstance(url, Path):
        return url
    if scheme == "sqlite" and url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return Path(unquote(url[len("sqlite:///") :]))
    if scheme or not url or "://" in url:
        raise UsageError(
            f"store: found {url or 'an empty text'}; allowed: a path, sqlite:///path, postgresql://user@host/database"
        )
    return Path(url)
