"""The thread that writes: takes what waits, commits it at once, and acknowledges nothing after a failure."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import takewhile
from time import monotonic
from typing import Any

from chaintwin.errors import BusyError, ChaintwinError, StoreDamagedError, StoreFailedError
from chaintwin.store.interface import Health
from chaintwin.store.log.database import Database, Writer
from chaintwin.store.log.indexing import move_recent, recent_names
from chaintwin.store.log.personal.sealing import Sealer
from chaintwin.store.log.tip import read_tip
from chaintwin.store.log.writing.committing import Committed, Tip, write_group
from chaintwin.store.log.writing.queueing import Job, JobQueue, Limits
from chaintwin.store.records import Outcome, Receipt


class WriterThread:
    """The one writer of a log.

    Parameters
    ----------
    database : open for writing. sealer : of personal values. limits : of the queue.
    retry_seconds : how long after a failure the database is opened again and checked by itself.

    Raises
    ------
    StoreDamagedError
        The end of the log does not hang together.
    """

    def __init__(self, database: Database, sealer: Sealer, *, limits: Limits, retry_seconds: float) -> None:
        self._database = database
        self._sealer = sealer
        self._retry_seconds = retry_seconds
        self._limits = limits
        self._queue = JobQueue(limits)
        self._failure = ""
        self._retry_at = 0.0
        self._refused: Counter[str] = Counter()
        self._listeners: tuple[Callable[[int], None], ...] = ()
        self._guard = threading.RLock()
        # Held for a moment only, so that who asks for the health never waits for a commit.
        self._noting = threading.Lock()
        self._writer: Writer = database.writer()
        try:
            self.tip: Tip = read_tip(self._writer, place=database.place)
            self._recent = recent_names(self._writer)
        except BaseException:
            self._writer.close()
            raise
        self._thread = threading.Thread(target=self._run, name="store writer", daemon=True)
        self._thread.start()

    def do(self, job: Job, *, wait: float) -> Any:
        """Have a job done and return its result.

        Raises
        ------
        BusyError
            There was no place in the queue for ``wait`` seconds.
        StoreFailedError
            It could not be made durable, or the store had failed before or is closed.
        """
        if self._failure:
            self._count("failed", job)
            raise self._failed()
        try:
            taken = self._queue.put(job, wait=wait)
        except BusyError:
            self._count("busy", job)
            raise
        if not taken:
            raise StoreFailedError(f"store {self._database.place} is closed; nothing of this was taken")
        return job.result()

    def watch(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call a listener after every commit of entries; return what ends it."""
        with self._noting:
            self._listeners = (*self._listeners, listener)

        def end() -> None:
            with self._noting:
                self._listeners = tuple(other for other in self._listeners if other is not listener)

        return end

    def health(self) -> Health:
        """Return whether it acknowledges."""
        reason = self._failure or ("" if self._thread.is_alive() else "it is closed")
        with self._noting:
            return Health(not reason, reason, self._queue.records, dict(self._refused))

    def reopen(self) -> None:
        """Open the database again and check its end; then acknowledge again.

        Raises
        ------
        StoreFailedError, StoreDamagedError
            It still fails.
        """
        with self._guard:
            if not self._failure:
                return
            self._retry_at = monotonic() + self._retry_seconds
            self._writer.close()
            writer = None
            try:
                writer = self._database.writer()
                writer.settle()
                tip = read_tip(writer, place=self._database.place)
                recent = recent_names(writer)
                if tip.head.sequence < self.tip.head.sequence:
                    raise StoreDamagedError(
                        f"{self._database.place}: found entries up to {tip.head.sequence} where "
                        f"{self.tip.head.sequence} were acknowledged; fix: restore a backup"
                    )
            except Exception as error:
                if writer is not None:
                    writer.close()
                if isinstance(error, ChaintwinError):
                    self._failure = str(error)
                    raise
                self._failure = self._reason(error)
                raise self._failed() from error
            self._writer, self._recent, self.tip, self._failure = writer, recent, tip, ""

    def scrub(self) -> None:
        """Leave nothing of what was removed from rows, in no file of the database."""
        with self._guard:
            try:
                self._writer.scrub()
            except Exception as error:
                self._fail([], error)
                raise self._failed() from error

    def close(self) -> None:
        """Finish what is queued and end."""
        self._queue.close()
        self._thread.join()
        with self._guard:
            self._writer.close()

    def _run(self) -> None:
        while True:
            group = self._queue.take(wait=self._retry_seconds if self._failure else None)
            if group is None:
                return
            with self._guard:
                if self._failure and monotonic() >= self._retry_at:
                    with suppress(Exception):
                        self.reopen()
                if not group:
                    continue
                if self._failure:
                    self._fail_all(group)
                    continue
                self._write(group)

    def _write(self, group: list[Job]) -> None:
        writer, before = self._writer, self.tip.head.sequence
        try:
            writer.begin()
            committed = write_group(writer, group, tip=self.tip, sealer=self._sealer, recent=self._recent)
            if committed.is_changed:
                writer.commit()
            else:
                writer.rollback()
        except ChaintwinError as error:
            self._undo(group, error)
            return
        except Exception as error:
            self._fail(group, error)
            return
        self._acknowledge(group, committed)
        try:
            self._move(added=committed.tip.head.sequence - before)
            writer.tidy()
        except Exception as error:
            self._fail([], error)

    def _move(self, *, added: int) -> None:
        """Put the oldest recent names and terms where they belong: few, because the next group waits, but as many as came."""
        last = self.tip.head.sequence
        first = next(iter(self._recent.values()), last + 1)
        if last + 1 - first < self._limits.recent_records:
            return
        upto = min(last, first - 1 + max(self._limits.moved_records, added))
        self._writer.begin()
        move_recent(self._writer, upto=upto)
        self._writer.commit()
        for digest in [digest for digest, _ in takewhile(lambda pair: pair[1] <= upto, self._recent.items())]:
            del self._recent[digest]

    def _acknowledge(self, group: list[Job], committed: Committed) -> None:
        has_grown = committed.tip.head.sequence > self.tip.head.sequence
        self.tip = committed.tip
        self._recent.update(committed.names)
        for job, result in zip(group, committed.results, strict=True):
            if job.records:
                self._count_conflicts(result)
            job.finish(result)
        if has_grown:
            for listener in self._listeners:
                try:
                    listener(committed.tip.head.sequence)
                except Exception:
                    self._add_refused("listener", 1)

    def _undo(self, group: list[Job], error: ChaintwinError) -> None:
        """Refuse what cannot be written although the database works; what came with it is done by itself."""
        self._writer.rollback()
        if isinstance(error, StoreDamagedError):
            self._fail(group, error)
        elif len(group) == 1:
            group[0].fail(error)
        else:
            for job in group:
                if self._failure:
                    self._fail_all([job])
                else:
                    self._write([job])

    def _fail(self, group: list[Job], error: BaseException) -> None:
        self._writer.rollback()
        self._failure = self._reason(error)
        self._retry_at = monotonic() + self._retry_seconds
        self._fail_all([*group, *self._queue.take_all()])

    def _fail_all(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._count("failed", job)
            job.fail(self._failed())

    def _reason(self, error: BaseException) -> str:
        if self._database.is_full(error):
            return f"store {self._database.place}: no space is left ({error})"
        return f"store {self._database.place}: a write failed ({error})"

    def _failed(self) -> StoreFailedError:
        return StoreFailedError(
            f"{self._failure}; nothing is acknowledged until the store was opened again and checked, "
            f"which it tries every {self._retry_seconds:g} s"
        )

    def _count(self, reason: str, job: Job) -> None:
        self._add_refused(reason, max(1, len(job.records)))

    def _count_conflicts(self, receipts: list[Receipt]) -> None:
        count = sum([receipt.outcome is Outcome.CONFLICT for receipt in receipts])
        if count:
            self._add_refused("conflict", count)

    def _add_refused(self, reason: str, count: int) -> None:
        with self._noting:
            self._refused[reason] += count
