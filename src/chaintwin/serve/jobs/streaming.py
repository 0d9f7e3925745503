"""A job as server-sent events: how far it is, each answer that is sharper than the last, and its end."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chaintwin.serve.jobs.job import Job, job_document
from chaintwin.serve.jobs.scheduling import Scheduler
from chaintwin.serve.live.changes import HEARTBEAT_SECONDS, until_gone
from chaintwin.serve.problems import ProblemError


class JobStream(Response):
    """Tells what becomes of a job, until it is over or the reader goes away.

    Each event is the whole of what there is to know, so a reader that comes again needs nothing of what it missed.

    Parameters
    ----------
    job : as it is when it is asked for. after : number of the last change that the reader knows, 0 for none.
    patience : seconds that a reader has to take one event.
    """

    media_type = "text/event-stream"

    def __init__(self, scheduler: Scheduler, job: Job, *, after: int, patience: float) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._scheduler, self._job, self._after, self._patience = scheduler, job, after, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.create_task(self._send_all(send))
        leaving = asyncio.create_task(until_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            ended, _ = await asyncio.gather(sending, leaving, return_exceptions=True)
        if isinstance(ended, TimeoutError):
            raise ended

    async def _send_all(self, send: Send) -> None:
        await self._send(send, b"retry: 1000\n: chaintwin\n\n")
        job, part = self._job, 0
        is_new = job.change > self._after
        while True:
            if is_new or job.is_over:
                # A reader may know a later number from before the server was started anew; the end is told all the same.
                await self._send(send, _event(job, is_sharper=job.part > part))
                part = job.part
            if job.is_over:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            before = job.change
            try:
                job = await self._scheduler.changed(job.id, after=before, within=HEARTBEAT_SECONDS)
            except ProblemError:
                # It was taken away meanwhile.
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            is_new = job.change > before
            if not is_new:
                await self._send(send, b": still here\n\n")

    async def _send(self, send: Send, content: bytes) -> None:
        async with asyncio.timeout(self._patience):
            await send({"type": "http.response.body", "body": content, "more_body": True})


def _event(job: Job, *, is_sharper: bool) -> bytes:
    """Return an event: ``end`` when the job is over, ``partial`` where there is a new result, else ``progress``."""
    name = b"end" if job.is_over else b"partial" if is_sharper else b"progress"
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (job.change, name, msgspec.json.encode(job_document(job)))
