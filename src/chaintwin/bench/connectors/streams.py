"""A case of instruments: messages of a real NATS stream, each acknowledged when it is durable, become events of a log."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.connectors.brokers import BLOCK, BrokerError, free_port, phase_of, program, running, take

NAME = "nats-server"

STREAM = b'{"name":"PLANT","subjects":["plant.>"],"storage":"file"}'


def ingest_nats() -> Case:
    """Return the case that takes messages of a stream into a log."""
    return Case(
        "ingest_nats",
        "Messages of a JetStream stream in files of a nats-server on this machine become sensor events in a new SQLite log.",
        (500, 30_000),
        "message",
        _prepare,
        _obstacle,
    )


def _obstacle() -> str:
    if program(NAME) is None:
        return "there is no nats-server here; install it: apt install nats-server, or brew install nats-server"
    return ""


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    blocks = list(_blocks(size))

    def taken(inside: Path, mapping: Path) -> None:
        from chaintwin.ingest.connectors.nats.nats import Nats

        port, found = free_port(), program(NAME)
        assert found is not None
        command = [found, "--addr", "127.0.0.1", "--port", str(port), "--jetstream", "--store_dir", str(inside / "kept")]
        with running(command, port=port):
            _said(port, b"PUB $JS.API.STREAM.CREATE.PLANT _INBOX.bench %d\r\n%b\r\n" % (len(STREAM), STREAM), answers=1)
            send = partial(_said, port, *blocks, answers=size)
            take(Nats(), f"nats://127.0.0.1:{port}/PLANT", log=inside / "log.db", mapping=mapping, size=size, send=send)

    return phase_of("stream to log", size, folder=folder, taken=taken)


def _blocks(size: int) -> Iterator[bytes]:
    """Yield messages as they stand on the wire, so that sending them takes next to nothing of what is measured."""
    out = bytearray()
    for number in range(size):
        payload = b'{"v":%.3f,"t":%d}' % (20 + number / 7, 1_767_225_600_000 + number)
        out += b"PUB plant.m%d.temperature _INBOX.bench %d\r\n%b\r\n" % (number % 50, len(payload), payload)
        if number % BLOCK == BLOCK - 1:
            yield bytes(out)
            out.clear()
    yield bytes(out)


def _said(port: int, *blocks: bytes, answers: int) -> None:
    """Send what is given, and read that the stream has each message of it."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(b'CONNECT {"verbose":false,"lang":"bench","version":"1"}\r\nSUB _INBOX.bench 1\r\n')
        reader = threading.Thread(target=_count, args=(link, answers))
        reader.start()
        for block in blocks:
            link.sendall(block)
        reader.join()


def _count(link: socket.socket, answers: int) -> None:
    """Read until so many answers came; each is a message of one subject."""
    mark, kept = b"MSG _INBOX.bench ", b""
    while answers > 0:
        content = link.recv(2**18)
        if not content:
            raise BrokerError("nats-server closed the connection of the sender; allowed: until all is acknowledged")
        content = kept + content
        answers -= content.count(mark)
        # A mark may lie across two pieces, and one that was counted is not counted again.
        kept = content[max(content.rfind(mark) + 1, len(content) - len(mark) + 1) :]
