"""A broker for one session that gives each message the lowest number that is free, and can lose what it sends on the way.

No broker that is at hand does that at a wanted moment. It speaks as much of MQTT 5 as a subscriber with QoS 1 needs.
"""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

CONNECT, PUBACK, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT = 1, 4, 8, 10, 12, 14


class ReusingBroker:
    """A broker whose session stays.

    Parameters
    ----------
    messages : topics and payloads that it will send. window : that it sends before it waits for an acknowledgement.
    cut_at : acknowledgements after which it cuts the connection; what it sent since the first of them is lost. 0 for never.
    """

    def __init__(self, messages: Sequence[tuple[str, bytes]], *, window: int, cut_at: int = 0) -> None:
        self.waiting, self.window, self.cut_at = deque(messages), window, cut_at
        self.flying: dict[int, tuple[str, bytes]] = {}
        self.acknowledged, self.has_session = 0, False
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, *messages: tuple[str, bytes]) -> None:
        """Send messages that do not arrive: the other end is away, and that is not noticed."""
        self.waiting += messages
        self._send(None)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                wire, _ = self.server.accept()
                with suppress(OSError), wire, wire.makefile("rb") as stream:
                    self._serve(wire, stream)

    def _serve(self, wire: socket.socket, stream: BinaryIO) -> None:
        while (packet := _packet(stream)) is not None:
            kind, body = packet
            if kind == CONNECT:
                wire.sendall(bytes([0x20, 3, self.has_session, 0, 0]))
                for number, message in self.flying.items():
                    wire.sendall(_publish(number, message, is_again=True))
            elif kind == SUBSCRIBE:
                wire.sendall(bytes([0x90, 4, *body[:2], 0, 1]))
                self.has_session = True
                self._send(wire)
            elif kind == PUBACK:
                self.flying.pop(int.from_bytes(body[:2], "big"), None)
                self.acknowledged += 1
                self._send(None if self.acknowledged <= self.cut_at else wire)
                if self.acknowledged == self.cut_at:
                    wire.shutdown(socket.SHUT_RDWR)
                    return
            elif kind == UNSUBSCRIBE and self.acknowledged >= self.cut_at:
                wire.sendall(bytes([0xB0, 4, *body[:2], 0, 0x11]))
            elif kind == PINGREQ:
                wire.sendall(bytes([0xD0, 0]))
            elif kind == DISCONNECT:
                return

    def _send(self, wire: socket.socket | None) -> None:
        while self.waiting and len(self.flying) < self.window:
            number = next(number for number in range(1, 2**16) if number not in self.flying)
            self.flying[number] = self.waiting.popleft()
            if wire is not None:
                wire.sendall(_publish(number, self.flying[number]))


@contextmanager
def reusing_broker(messages: Sequence[tuple[str, bytes]], *, window: int, cut_at: int = 0) -> Iterator[ReusingBroker]:
    """A broker that runs until the end of the block."""
    found = ReusingBroker(messages, window=window, cut_at=cut_at)
    try:
        yield found
    finally:
        # On Linux a close alone does not end the wait for a connection.
        with suppress(OSError):
            found.server.shutdown(socket.SHUT_RDWR)
        found.server.close()


def _packet(stream: BinaryIO) -> tuple[int, bytes] | None:
    """Return kind and content of what comes next; None at the end."""
    first = stream.read(1)
    length, shift = 0, 0
    while first:
        one = stream.read(1)
        if not one:
            return None
        length |= (one[0] & 0x7F) << shift
        shift += 7
        if one[0] < 0x80:
            return first[0] >> 4, stream.read(length)
    return None


def _publish(number: int, message: tuple[str, bytes], *, is_again: bool = False) -> bytes:
    topic, payload = message[0].encode(), message[1]
    content = len(topic).to_bytes(2, "big") + topic + number.to_bytes(2, "big") + b"\0" + payload
    assert len(content) < 0x80, "a length of one byte"
    return bytes([0x3A if is_again else 0x32, len(content)]) + content
