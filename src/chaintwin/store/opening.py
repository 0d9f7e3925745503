"""Opening a store by its URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from chaintwin.clock import Clock, SystemClock
from chaintwin.errors import UsageError
from chaintwin.store.log.database import Database
from chaintwin.store.log.keys import MasterKey
from chaintwin.store.log.queueing import Limits
from chaintwin.store.log.store import LogStore


def open_store(
    url: str | Path,
    *,
    clock: Clock | None = None,
    key_file: Path | None = None,
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
    ...     store.put("notes", "first", b"hello")
    ...     store.get("notes", "first")
    b'hello'
    """
    database, beside = open_database(url, read_only=read_only)
    try:
        return LogStore(
            database,
            clock=clock or SystemClock(),
            key=MasterKey(key_file or beside),
            limits=limits,
            retry_seconds=retry_seconds,
        )
    except BaseException:
        database.close()
        raise


def open_database(url: str | Path, *, read_only: bool) -> tuple[Database, Path | None]:
    """Open the database of a log and return it, with the place of its key file if it has one by default."""
    scheme = "" if isinstance(url, Path) else urlsplit(url).scheme
    if scheme in ("postgresql", "postgres"):
        from chaintwin.store.postgresql.database import PostgresqlDatabase

        return PostgresqlDatabase(str(url), read_only=read_only), None
    from chaintwin.store.sqlite.database import SqliteDatabase

    path = _path(url, scheme)
    return SqliteDatabase(path, read_only=read_only), path.with_name(path.name + ".key")


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
