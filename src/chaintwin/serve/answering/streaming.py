"""Answers without an end of their own: server-sent events, sent until the reader goes away or takes too long."""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

HEARTBEAT_SECONDS = 15.0
"""After so long without an event a remark says that the server is still there."""


class EventStream(Response):
    """Sends events until there are no more, or the reader goes away.

    What goes wrong while they are sent is raised, so that it is written down and the answer ends as one that is not whole.

    Parameters
    ----------
    patience : seconds that a reader has to take what is sent at one time; who is slower is cut off.
    """

    media_type = "text/event-stream"

    def __init__(self, *, patience: float) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._patience = patience

    @abstractmethod
    async def send_all(self, send: Send) -> None:
        """Send all that is to be sent, with ``put`` and, where there is an end, ``end``."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.create_task(self.send_all(send))
        leaving = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            is_gone = not sending.done()
        finally:
            for task in (sending, leaving):
                task.cancel()
            ended, _ = await asyncio.gather(sending, leaving, return_exceptions=True)
        if not is_gone and isinstance(ended, Exception):
            raise ended

    async def put(self, send: Send, content: bytes) -> None:
        """Send some bytes.

        Raises
        ------
        TimeoutError
            The reader took too long.
        """
        async with asyncio.timeout(self._patience):
            await send({"type": "http.response.body", "body": content, "more_body": True})

    async def end(self, send: Send) -> None:
        """Say that there is no more."""
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
