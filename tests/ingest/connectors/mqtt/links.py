"""A link between a client and a broker that is slow, or that is cut."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Link:
    """Passes bytes on in both directions, at most so many a second to the client.

    Parameters
    ----------
    port : of the broker. rate : bytes a second; 0 for no limit.
    """

    def __init__(self, port: int, *, rate: float = 0.0) -> None:
        self.target, self.rate = port, rate
        self.passed = 0
        self.open: list[socket.socket] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break all connections."""
        for one in self.open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.open.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.server.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    near.close()
                    continue
                # Little waits on the way, so that what is slow is felt by the broker.
                for one in (near, far):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
                self.open += [near, far]
                threading.Thread(target=self._pass, args=(near, far, 0.0), daemon=True).start()
                threading.Thread(target=self._pass, args=(far, near, self.rate), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, rate: float) -> None:
        with suppress(OSError):
            while content := source.recv(2_048):
                target.sendall(content)
                self.passed += len(content)
                if rate:
                    time.sleep(len(content) / rate)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def link(port: int, *, rate: float = 0.0) -> Iterator[Link]:
    """A link that works until the end of the block."""
    found = Link(port, rate=rate)
    try:
        yield found
    finally:
        found.server.close()
        found.cut()
