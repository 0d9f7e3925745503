"""The queue in front of the writer: bounded in records and bytes, taken a group at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from chaintwin.errors import BusyError
from chaintwin.store.interface import Report
from chaintwin.store.log.database import Writer
from chaintwin.store.log.preparing import PreparedRecord


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a store holds in memory.

    Parameters
    ----------
    queued_records, queued_bytes : what may wait for the writer; more is refused. group_records : what is committed at once.
    recent_records : entries whose names and terms are gathered before the oldest are put in order.
    moved_records : entries whose names and terms are put in order between two groups, or as many as the last group had.
    """

    queued_records: int = 20_000
    queued_bytes: int = 128 << 20
    group_records: int = 2_000
    recent_records: int = 8_192
    moved_records: int = 512


class Job:
    """Something for the writer to do, and its result.

    Parameters
    ----------
    records : to be logged, or empty. received_at, together : of ``Store.append``.
    action : something else to be done in a transaction; returns the result.
    report : of ``Store.append``.
    size : bytes it holds.
    """

    __slots__ = ("_done", "_error", "_result", "action", "received_at", "records", "report", "size", "together")

    def __init__(
        self,
        records: Sequence[PreparedRecord],
        *,
        received_at: int = 0,
        together: bool = False,
        action: Callable[[Writer], Any] | None = None,
        report: Report | None = None,
        size: int = 0,
    ) -> None:
        self.records = records
        self.received_at = received_at
        self.together = together
        self.action = action
        self.report = report
        self.size = size
        self._done = threading.Lock()
        self._done.acquire()
        self._result: Any = None
        self._error: BaseException | None = None

    def finish(self, result: Any) -> None:
        """Give the result to who waits."""
        self._result = result
        self._done.release()

    def fail(self, error: BaseException) -> None:
        """Give an error to who waits."""
        self._error = error
        self._done.release()

    def result(self) -> Any:
        """Wait for the result."""
        self._done.acquire()
        if self._error is not None:
            raise self._error
        return self._result


class JobQueue:
    """Jobs that wait for the writer.

    Parameters
    ----------
    limits : how many.
    """

    __slots__ = ("_bytes", "_changed", "_closed", "_jobs", "_limits", "_records", "_space")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        mutex = threading.Lock()
        self._changed = threading.Condition(mutex)
        self._space = threading.Condition(mutex)
        self._jobs: deque[Job] = deque()
        self._records = 0
        self._bytes = 0
        self._closed = False

    @property
    def records(self) -> int:
        """Records that wait."""
        return self._records

    def put(self, job: Job, *, wait: float) -> bool:
        """Add a job; return False if the queue was closed.

        Parameters
        ----------
        wait : seconds to wait for a place.

        Raises
        ------
        BusyError
            There was no place.
        """
        until = monotonic() + wait
        with self._changed:
            while not self._is_ready(job):
                left = until - monotonic()
                if left > 0:
                    self._space.wait(left)
                elif not self._is_ready(job):
                    raise BusyError(
                        f"the store is busy: {self._records:,} records of {self._bytes:,} bytes wait to be written; "
                        "nothing of this was taken; fix: send it again later",
                        retry_after=1.0,
                    )
            if self._closed:
                return False
            self._jobs.append(job)
            self._records += len(job.records)
            self._bytes += job.size
            self._changed.notify()
            return True

    def take(self, *, wait: float | None) -> list[Job] | None:
        """Return the jobs of one group, none if there were none in ``wait`` seconds; None once closed and empty."""
        with self._changed:
            if not self._jobs and not self._closed:
                self._changed.wait(wait)
            if not self._jobs:
                return None if self._closed else []
            group = [self._jobs.popleft()]
            count = len(group[0].records)
            while self._jobs and count + len(self._jobs[0].records) <= self._limits.group_records:
                job = self._jobs.popleft()
                group.append(job)
                count += len(job.records)
            self._records -= count
            self._bytes -= sum(job.size for job in group)
            self._space.notify_all()
            return group

    def take_all(self) -> list[Job]:
        """Return and remove all that waits."""
        with self._changed:
            jobs = list(self._jobs)
            self._jobs.clear()
            self._records = self._bytes = 0
            self._space.notify_all()
            return jobs

    def close(self) -> None:
        """Take no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            self._space.notify_all()

    def _is_ready(self, job: Job) -> bool:
        # A job larger than the queue has its turn when nothing else waits.
        if self._closed or not self._jobs:
            return True
        limits = self._limits
        return self._records + len(job.records) <= limits.queued_records and self._bytes + job.size <= limits.queued_bytes
