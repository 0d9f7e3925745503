"""The process that does the work: started apart and nicely, watched, ended where it takes too much, and started again."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic

from chaintwin.serve.jobs.messages import Failed, Found, Order, Prepare, Ready, Said, Stop, Stopped, said_of, written
from chaintwin.serve.jobs.work.process import work

LOOK_SECONDS = 0.2
"""How often it is looked whether a process lives, how much memory it takes, and whether its job is to stop."""

STOP_SECONDS = 10.0
"""How long a job may take to stop before its process is ended."""

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one job may take.

    Parameters
    ----------
    seconds : time. memory_bytes : of its process.
    """

    seconds: float
    memory_bytes: int


class Crew:
    """One process for jobs, which does one at a time.

    Parameters
    ----------
    bounds : of each job.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._process: multiprocessing.process.BaseProcess | None = None
        self._way: Connection | None = None
        self.is_warm = False

    @property
    def pid(self) -> int | None:
        """Number of the process, None where there is none."""
        return None if self._process is None else self._process.pid

    def prepare(self, order: Prepare, *, ending: threading.Event) -> None:
        """Start the process if there is none, and let it load what jobs need.

        Parameters
        ----------
        order : what is to be loaded. ending : stops the wait when it is set.
        """
        last = self._talk(order, told=lambda said: None, stop=ending, seconds=float("inf"))
        self.is_warm = isinstance(last, Ready)

    def run(self, order: Order, *, told: Callable[[Said], None], stop: threading.Event) -> Said:
        """Let a job be done and return the last that is said of it: ``Found``, ``Failed`` or ``Stopped``.

        Parameters
        ----------
        told : is told all that comes before, in this thread. stop : set it to stop the job.
        """
        last = self._talk(order, told=told, stop=stop, seconds=self._bounds.seconds)
        self.is_warm = self._process is not None
        return last

    def close(self) -> None:
        """End the process."""
        process, self._process, way, self._way = self._process, None, self._way, None
        self.is_warm = False
        if process is not None:
            process.kill()
            process.join(STOP_SECONDS)
        if way is not None:
            way.close()

    def _talk(self, order: Prepare | Order, *, told: Callable[[Said], None], stop: threading.Event, seconds: float) -> Said:
        deadline, killing = monotonic() + seconds, float("inf")
        try:
            way = self._started()
            way.send_bytes(written(order))
            while True:
                if way.poll(LOOK_SECONDS):
                    said = said_of(way.recv_bytes())
                    if isinstance(said, Failed | Stopped | Ready) or (isinstance(said, Found) and said.is_last):
                        if isinstance(said, Ready) == isinstance(order, Order):
                            # What it said before this order.
                            continue
                        return _reason(said, is_late=monotonic() > deadline)
                    told(said)
                if stop.is_set() and not isinstance(order, Order):
                    self.close()
                    return Stopped()
                if killing == float("inf") and (stop.is_set() or monotonic() > deadline):
                    killing = monotonic() + STOP_SECONDS
                    way.send_bytes(written(Stop()))
                elif monotonic() > killing:
                    self.close()
                    return _reason(Stopped(), is_late=monotonic() > deadline)
                taken = _memory(self.pid)
                if taken > self._bounds.memory_bytes:
                    self.close()
                    detail = (
                        f"The job took {taken / 2**20:,.0f} MiB of memory; allowed: "
                        f"{self._bounds.memory_bytes / 2**20:,.0f} MiB; fix: ask for fewer replications, periods or stock points"
                    )
                    return Failed("memory", detail)
        except (EOFError, OSError):
            self.close()
            return Failed(
                "ended", "The process that did the job ended on its own; nothing of it is left. It can be started again."
            )

    def _started(self) -> Connection:
        if self._process is not None and self._process.is_alive() and self._way is not None:
            return self._way
        self.close()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,), name="chaintwin-jobs", daemon=True)
        self._process.start()
        theirs.close()
        self._way = ours
        return ours


def _reason(said: Said, *, is_late: bool) -> Said:
    if isinstance(said, Stopped) and is_late:
        return Failed("time", "The job took longer than one may; fix: ask for fewer replications or periods")
    return said


def _memory(pid: int | None) -> int:
    """Return the bytes of memory that a process has; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    return 0
