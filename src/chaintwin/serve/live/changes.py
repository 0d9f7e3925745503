"""Changes of the state as server-sent events: numbered, resumable, and never more in memory than one reader takes."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chaintwin.clock import text_of
from chaintwin.serve.live.growth import Growth
from chaintwin.serve.threads import Threads
from chaintwin.twin import Change, Twin
from chaintwin.twin.cells import Value
from chaintwin.twin.telling import told_cell

BATCH = 200
"""Changes that are sent at one time."""

FAR_BATCH = 2_000
"""Changes that are read at one time by who is so far behind: old ones are worked out again, and the way there is long."""

HEARTBEAT_SECONDS = 15.0


class ChangeStream(Response):
    """Sends what each entry of the log changed, until the reader goes away.

    Parameters
    ----------
    after : number of the last entry whose change the reader has.
    patience : seconds that a reader has to take one batch; who is slower is cut off and resumes where it was.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        twin: Twin,
        *,
        growth: Growth,
        threads: Threads,
        after: int,
        patience: float,
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._twin, self._growth, self._threads = twin, growth, threads
        self._after = after
        self._patience, self._heartbeat = patience, heartbeat

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
        await self._send(send, b"retry: 2000\n: chaintwin\n\n")
        after = self._after
        while True:
            if await self._growth.beyond(after, within=self._heartbeat) <= after:
                await self._send(send, b": still here\n\n")
                continue
            limit = BATCH if self._growth.number - after < FAR_BATCH else FAR_BATCH
            changes = await self._threads.read(partial(self._twin.changes, after, limit=limit))
            if not changes:
                await asyncio.sleep(0.05)
                continue
            for place in range(0, len(changes), BATCH):
                await self._send(send, b"".join(_event(change) for change in changes[place : place + BATCH]))
            after = changes[-1].sequence

    async def _send(self, send: Send, content: bytes) -> None:
        async with asyncio.timeout(self._patience):
            await send({"type": "http.response.body", "body": content, "more_body": True})


def change_document(change: Change) -> dict[str, Any]:
    """Return the JSON of a change."""
    document: dict[str, Any] = {"sequence": change.sequence, "event": change.key, "occurredAt": text_of(change.occurred_at)}
    if change.entries > 1:
        document["entries"] = change.entries
    if change.is_reprojected:
        return document | {"reprojected": True}
    return document | {"cells": [_cell(path, before, after) for path, before, after in change.cells]}


def resumed_after(request: Request, *, head: int) -> int | None:
    """Return the number of the last entry whose change a reader has; ``head`` for a new one, None for what is no number."""
    text = request.headers.get("last-event-id", request.query_params.get("after"))
    if text is None:
        return head
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


async def until_gone(receive: Receive) -> None:
    """Return when whoever reads an answer has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(change: Change) -> bytes:
    return b"id: %d\nevent: change\ndata: %s\n\n" % (change.sequence, msgspec.json.encode(change_document(change)))


def _cell(path: str, before: Value | None, after: Value | None) -> dict[str, Any]:
    family = path.partition("/")[0]
    return {"path": path, "before": told_cell(family, before), "after": told_cell(family, after)}
