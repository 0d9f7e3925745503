"""One writer: a lock beside the file that dies with the process that holds it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.store.log.database import WHILE_WRITTEN, WRITING


class WriterLock:
    """The right to write a store.

    Parameters
    ----------
    path : of the store; the lock lies beside it, with ``.lock`` behind its name.

    Raises
    ------
    UsageError
        Another process, or another store object of this one, holds it, or there is no such folder.
    """

    __slots__ = ("_descriptor", "_file")

    def __init__(self, path: Path) -> None:
        self._file = lock = path.with_name(path.name + ".lock")
        try:
            self._descriptor: int | None = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(
                f"store {path}: found that it cannot be written ({error.strerror}); allowed: a file in an existing folder that "
                "this user may write"
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            self._descriptor = None
            mine = holder == str(os.getpid())
            by = "this process" if mine else f"{f'process {holder}' if holder else 'another process'}, {WRITING}"
            fix = "close the store that holds it" if mine else WHILE_WRITTEN
            raise UsageError(f"store {path}: found it open for writing by {by}; allowed: one writer; fix: {fix}") from None
        if not lock.exists() or lock.stat().st_ino != os.fstat(self._descriptor).st_ino:
            # Whoever held it took the file away between opening and locking it.
            os.close(self._descriptor)
            self._descriptor = None
            raise UsageError(f"store {path}: found that another process has just written it; allowed: one writer; fix: try again")
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let others write; the file stays."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Let others write, and take the file away first; who opened it meanwhile finds that it is another one."""
        self._file.unlink(missing_ok=True)
        self.release()
