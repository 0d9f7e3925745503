"""Connections to a SQLite file whose every page carries a checksum that is compared whenever it is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaintwin.errors import StoreDamagedError, UsageError

if TYPE_CHECKING:
    import apsw

CHECKSUM_LAYER = "cksmvfs"
CHECKSUM_BYTES = 8
PAGE_SIZE = 4_096
BUSY_MILLISECONDS = 10_000
WRITER_CACHE_KB = 32_768
READER_CACHE_KB = 4_096


def connect(path: Path, *, writing: bool, synchronous: str = "FULL", page_size: int = PAGE_SIZE) -> apsw.Connection:
    """Open a connection that compares the checksum of each page it reads.

    Parameters
    ----------
    path : of the file; made if it is absent and ``writing``. synchronous : how much a commit waits for; FULL is durable.
    page_size : bytes of a page of a new file.

    Raises
    ------
    StoreDamagedError
        The file is no SQLite file with checksums.
    """
    import apsw

    _load_checksums()
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if writing else 0)
    connection = apsw.Connection(str(path), flags=flags, vfs=CHECKSUM_LAYER)
    try:
        connection.set_busy_timeout(BUSY_MILLISECONDS)
        if writing:
            # Space for a checksum behind each page; this only takes effect while the file is empty.
            connection.reserve_bytes("main", CHECKSUM_BYTES)
            _pragmas(
                connection, (f"page_size={page_size}", "journal_mode=WAL", f"synchronous={synchronous}", "secure_delete=FAST")
            )
            connection.wal_autocheckpoint(0)
        else:
            _pragmas(connection, ("query_only=ON",))
        _pragmas(connection, (f"cache_size=-{WRITER_CACHE_KB if writing else READER_CACHE_KB}", "temp_store=MEMORY"))
        if str(connection.pragma("checksum_verification")) != "1":
            raise StoreDamagedError(f"{path}: found pages without checksums; allowed: a store made by chaintwin")
    except BaseException:
        connection.close()
        raise
    return connection


def rows_of(connection: apsw.Connection, statement: str, *, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a statement.

    Raises
    ------
    StoreDamagedError
        A page is not what was written.
    """
    import apsw

    try:
        return connection.execute(statement, tuple(parameters)).fetchall()
    except (apsw.CorruptError, apsw.NotADBError, apsw.IOError) as error:
        raise damage(error, connection.filename) from error


def damage(error: BaseException, file: str) -> BaseException:
    """Return the report of a damaged page, or the error itself if it is something else."""
    import apsw

    extended = getattr(error, "extendedresult", 0)
    damaged = (apsw.SQLITE_IOERR_DATA, apsw.SQLITE_IOERR_CORRUPTFS, apsw.SQLITE_IOERR_SHORT_READ)
    if isinstance(error, apsw.CorruptError | apsw.NotADBError) or extended in damaged:
        return StoreDamagedError(f"{file}: found a page that is not what was written ({error}); fix: restore a backup")
    return error


def _pragmas(connection: apsw.Connection, settings: Sequence[str]) -> None:
    for setting in settings:
        connection.execute(f"PRAGMA {setting}").fetchall()


def _load_checksums() -> None:
    import apsw

    if CHECKSUM_LAYER in apsw.vfs_names():
        return
    import apsw.sqlite_extra

    try:
        # The layer stays when the connection that loaded it is closed.
        loader = apsw.Connection(":memory:")
        apsw.sqlite_extra.load(loader, "cksumvfs")
        loader.close()
    except (LookupError, apsw.sqlite_extra.NotAvailable, apsw.Error) as error:
        raise UsageError(
            f"apsw: found it without the checksum layer of SQLite ({error}); allowed: apsw 3.54 or later from its wheel; "
            "fix: pip install --force-reinstall apsw"
        ) from error
