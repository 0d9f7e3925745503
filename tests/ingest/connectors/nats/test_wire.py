"""Bytes as they come: in any pieces, broken, too long, and with one message less than was sent."""

from __future__ import annotations

import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from chaintwin.ingest.connectors.nats.wire import Delivery, NotConnectedError, Wire
from tests.ingest.connectors.mqtt.links import Link
from tests.ingest.connectors.mqtt.reading import logged, mapping_file, open_log, take_all, temperatures
from tests.ingest.connectors.nats.servers import publish, server, warm

HELLO = b'INFO {"server_id":"x","version":"2.9.10","max_payload":1048576,"headers":true}\r\n'


@contextmanager
def answering(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port where somebody says hello, lets anybody in and then talks."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        with suppress(OSError):
            link, _ = listener.accept()
            link.sendall(HELLO)
            heard = b""
            while b"PING\r\n" not in heard:
                heard += link.recv(4_096)
            link.sendall(b"PONG\r\n")
            talk(link)
            while link.recv(4_096):
                pass

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def connected(port: int, found: list[Delivery], **more: float) -> Wire:
    wire = Wire(("127.0.0.1", port), None, login=lambda _: {}, timeout=2.0, take=found.append, **{"keep_alive": 30.0, **more})
    wire.open()
    return wire


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_read__messages_come_whole_from_any_pieces() -> None:
    draw = random.Random(3)
    sent: list[tuple[bytes, bytes, bytes]] = []
    out = bytearray()
    for number in range(300):
        payload = draw.randbytes(draw.choice([0, 1, 5, 80, 5_000])) + b"\r\nMSG x 1 3\r\n" * (number % 2)
        subject = b"a.%d" % number if number % 7 else b"a.\xff\xfe"
        reply = b"$JS.ACK.s.c.1.%d" % number if number % 3 else b""
        sent.append((subject, reply, payload))
        if number % 5:
            out += b"MSG %b 1 %b %d\r\n%b\r\n" % (subject, reply, len(payload), payload)
        else:
            head = b"NATS/1.0\r\nname: %d\r\nnone\r\nempty:\r\n\r\n" % number
            out += b"HMSG %b 1 %b %d %d\r\n%b%b\r\n" % (subject, reply, len(head), len(head) + len(payload), head, payload)
        out += draw.choice([b"", b"+OK\r\n", b"PING\r\n", b'INFO {"version":"2.9.10"}\r\n', b"INFO {broken\r\n"])

    def talk(link: socket.socket) -> None:
        place = 0
        while place < len(out):
            size = draw.choice([1, 2, 3, 7, 100, 4_000])
            link.sendall(out[place : place + size])
            place += size

    found: list[Delivery] = []
    with answering(talk) as port:
        wire = connected(port, found)
        until(lambda: len(found) == len(sent) or wire.lost)
        wire.close()
    assert [(one.subject, one.reply, one.payload) for one in found] == [
        (subject.decode("utf-8", "replace"), reply.decode(), payload) for subject, reply, payload in sent
    ]
    assert found[0].headers == (("name", "0"), ("none", ""), ("empty", ""))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"MSG\r\n", "nothing of NATS"),
        (b"MSG a 1 many\r\n", "many"),
        (b"x" * 2**21, "a line of more than"),
        (b"-ERR 'Slow Consumer'\r\n", "Slow Consumer"),
        (b"-ERR 'Permissions Violation for Publish to \"x\"'\r\n", "Permissions"),
    ],
)
def test_read__what_is_no_protocol_ends_the_connection(said: bytes, why: str) -> None:
    with answering(lambda link: link.sendall(said)) as port:
        wire = connected(port, [])
        until(lambda: wire.lost)
        assert re.search(why, wire.lost)
        with pytest.raises(NotConnectedError):
            wire.publish("a")
        wire.close()


def test_read__silence_ends_the_connection() -> None:
    with answering(lambda link: time.sleep(30)) as port:
        wire = connected(port, [], keep_alive=0.4)
        until(lambda: wire.lost)
        assert "no sign of life" in wire.lost
        wire.close()


def test_request__no_answer() -> None:
    with answering(lambda _: None) as port:
        wire = connected(port, [])
        with pytest.raises(NotConnectedError, match=r"no answer to \$JS.API.x within 2 s"):
            wire.request("$JS.API.x")
        wire.close()


class Thief(Link):
    """A link on which messages are lost that a connection never loses: one of the stream, the first time.

    Parameters
    ----------
    port : of the server. number : of the message that is taken away.
    """

    def __init__(self, port: int, *, number: int) -> None:
        self.number, self.seen, self.is_done = number, 0, False
        super().__init__(port, rate=1.0)

    def _pass(self, source: socket.socket, target: socket.socket, rate: float) -> None:
        if not rate:
            super()._pass(source, target, rate)
            return
        kept = b""
        with suppress(OSError):
            while content := source.recv(65_536):
                kept += content
                while found := _MESSAGE.search(kept):
                    end = found.end() + int(found["size"]) + 2
                    if len(kept) < end:
                        break
                    self.seen += 1
                    is_taken = self.seen == self.number and not self.is_done
                    self.is_done = self.is_done or is_taken
                    target.sendall(kept[: found.start() if is_taken else end])
                    kept = kept[end:]
                else:
                    target.sendall(kept)
                    kept = b""
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


_MESSAGE = re.compile(rb"HMSG plant\S+ \S+ \S+ \d+ (?P<size>\d+)\r\n")


def test_read__a_message_that_is_lost_on_the_way_is_fetched_again(tmp_path: Path) -> None:
    options = {"mapping": mapping_file(tmp_path), "batch": "50"}
    with server(tmp_path / "server") as running, open_log(tmp_path / "log.db") as store:
        running.stream()
        publish(running, warm(400))
        link = Thief(running.port, number=222)
        try:
            take_all(f"nats://127.0.0.1:{link.port}/PLANT", store, options)
        finally:
            link.server.close()
            link.cut()
        assert link.is_done
        assert sorted(temperatures(store)) == [float(number) for number in range(400)]
        assert not any("ct:missed" in event for event in logged(store))
