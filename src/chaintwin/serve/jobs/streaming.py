"""A job as server-sent events: how far it is, each answer that is sharper than the last, and its end."""

from __future__ import annotations

import msgspec
from starlette.types import Send

from chaintwin.serve.answering.streaming import HEARTBEAT_SECONDS, EventStream
from chaintwin.serve.jobs.job import Job, job_document
from chaintwin.serve.jobs.scheduling import Scheduler
from chaintwin.serve.problems import ProblemError


class JobStream(EventStream):
    """Tells what becomes of a job, until it is over or the reader goes away.

    Each event is the whole of what there is to know, so a reader that comes again needs nothing of what it missed.

    Parameters
    ----------
    job : as it is when it is asked for. after : number of the last change that the reader knows, 0 for none.
    patience : seconds that a reader has to take one event.
    """

    def __init__(self, scheduler: Scheduler, job: Job, *, after: int, patience: float) -> None:
        super().__init__(patience=patience)
        self._scheduler, self._job, self._after = scheduler, job, after

    async def send_all(self, send: Send) -> None:
        """Tell the job as it is, and each change of it."""
        await self.put(send, b"retry: 1000\n: chaintwin\n\n")
        job, part = self._job, 0
        is_new = job.change > self._after
        while True:
            if is_new or job.is_over:
                # A reader may know a later number from before the server was started anew; the end is told all the same.
                await self.put(send, _event(job, is_sharper=job.part > part))
                part = job.part
            if job.is_over:
                await self.end(send)
                return
            before = job.change
            try:
                job = await self._scheduler.changed(job.id, after=before, within=HEARTBEAT_SECONDS)
            except ProblemError:
                # It was taken away meanwhile.
                await self.end(send)
                return
            is_new = job.change > before
            if not is_new:
                await self.put(send, b": still here\n\n")


def _event(job: Job, *, is_sharper: bool) -> bytes:
    """Return an event: ``end`` when the job is over, ``partial`` where there is a new result, else ``progress``."""
    name = b"end" if job.is_over else b"partial" if is_sharper else b"progress"
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (job.change, name, msgspec.json.encode(job_document(job)))
