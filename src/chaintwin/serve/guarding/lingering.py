"""Connections that are closed while their reader reads no more: given up after a while, with what waits to be sent."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


def protocol(seconds: float) -> type[HttpToolsProtocol]:
    """Return the protocol of connections whose readers have so many seconds for the rest once they are closed.

    A transport that is closed waits for ever until all of it is sent, and holds it in memory.
    """

    class Protocol(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            # A WebSocket takes the transport over from here, so that the same holds for it.
            super().connection_made(cast("asyncio.Transport", _Lingering(transport, seconds)))

    return Protocol


class _Lingering:
    """A transport that does not wait for ever once it was closed."""

    __slots__ = ("_seconds", "_transport", "_waiting")

    def __init__(self, transport: asyncio.BaseTransport, seconds: float) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._seconds = seconds
        self._waiting = False

    def close(self) -> None:
        self._transport.close()
        if not self._waiting and self._transport.get_write_buffer_size():
            self._waiting = True
            asyncio.get_running_loop().call_later(self._seconds, self._transport.abort)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
