"""Moves the write-ahead log into the file beside the writer, on a connection and a thread of its own, so that no commit waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import apsw

LEFT_PARTS = 16
"""The writer moves what is left itself where that is at most so small a part of what a checkpoint is due for."""

MOST_TIMES = 8
"""Where the write-ahead log is so many times as long as a checkpoint is due for, the writer waits for one."""


class Checkpointing:
    """Checkpoints of one log; a commit waits for none unless the write-ahead log grows far too long.

    Parameters
    ----------
    connect : opens a writing connection. pages : of the write-ahead log after which they are moved into the file.
    """

    def __init__(self, connect: Callable[[], apsw.Connection], *, pages: int) -> None:
        self._connect = connect
        self._pages = pages
        self._asked = threading.Event()
        self._ending = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        # SQLite refuses a checkpoint while another one runs, and does not wait for it.
        self.running = threading.Lock()

    def look(self, writer: apsw.Connection) -> None:
        """Have the pages moved if there are many; called by the writer after each commit.

        Parameters
        ----------
        writer : the connection that wrote, in no transaction.

        Raises
        ------
        apsw.Error
            A checkpoint failed, this one or one since the last call. What was committed stays in the write-ahead log.
        """
        import apsw

        error, self._error = self._error, None
        if error is not None:
            raise error
        pages, moved = writer.wal_checkpoint(None, apsw.SQLITE_CHECKPOINT_NOOP)
        if pages < self._pages:
            return
        is_long = pages >= MOST_TIMES * self._pages
        if not is_long and pages - moved > self._pages // LEFT_PARTS:
            self._ask()
        elif self.running.acquire(blocking=is_long):
            # The log begins anew only when all of it was moved, so somebody has to move its end while nobody adds to it.
            try:
                writer.wal_checkpoint(None, apsw.SQLITE_CHECKPOINT_PASSIVE)
            finally:
                self.running.release()

    def close(self) -> None:
        """End after the checkpoint that runs."""
        if self._thread is not None:
            self._ending = True
            self._asked.set()
            self._thread.join()
            self._thread = None

    def _ask(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="store checkpoints", daemon=True)
            self._thread.start()
        self._asked.set()

    def _run(self) -> None:
        connection: apsw.Connection | None = None
        try:
            while True:
                self._asked.wait()
                self._asked.clear()
                if self._ending:
                    return
                try:
                    if connection is None:
                        connection = self._connect()
                    self._move(connection)
                except BaseException as error:
                    self._error = error
        finally:
            if connection is not None:
                with suppress(Exception):
                    connection.close()

    def _move(self, connection: apsw.Connection) -> None:
        import apsw

        with self.running:
            connection.wal_checkpoint(None, apsw.SQLITE_CHECKPOINT_PASSIVE)
