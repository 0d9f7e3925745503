"""A case of instruments: messages of a real NATS stream, each acknowledged when it is durable, become events of a log."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.connectors.messages import MAPPING, PER_SECOND, BrokerError

BLOCK = 200
"""Messages that are sent in one piece."""

START_SECONDS = 20.0
"""Longest that a server may take to start."""

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


def program() -> str | None:
    """Return the path of nats-server, or None where it is not installed; servers often lie outside the usual path."""
    return shutil.which("nats-server") or shutil.which("nats-server", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


def _obstacle() -> str:
    if program() is None:
        return "there is no nats-server here; install it: apt install nats-server, or brew install nats-server"
    return ""


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    mapping = folder / "signals.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    blocks = list(_blocks(size))
    numbers = count()

    def run() -> float:
        return _taken(size, blocks, folder=folder / f"run{next(numbers)}", mapping=mapping)

    return (Phase("stream to log", run, "message", limit_seconds=size / PER_SECOND),)


def _taken(size: int, blocks: list[bytes], *, folder: Path, mapping: Path) -> float:
    """Send messages while they are taken, and return how many were."""
    from chaintwin.clock import SystemClock
    from chaintwin.ingest.connectors.capturing_aside import shared_capture
    from chaintwin.ingest.connectors.nats.nats import Nats
    from chaintwin.ingest.connectors.running import Ingest
    from chaintwin.store.opening import open_store

    folder.mkdir()
    with _server(folder) as port, open_store(folder / "log.db") as store, shared_capture() as capture:
        _said(port, b"PUB $JS.API.STREAM.CREATE.PLANT _INBOX.bench %d\r\n%b\r\n" % (len(STREAM), STREAM), answers=1)
        source = f"nats://127.0.0.1:{port}/PLANT"
        ingest = Ingest(Nats(), source, store, capture, SystemClock(), time.sleep, {"mapping": str(mapping)})
        sender: threading.Thread | None = None
        for summary in ingest.run(follow=True):
            if sender is None and summary.accepted:
                # The first event says that the source is there, so it takes what comes.
                sender = threading.Thread(target=_said, args=(port, *blocks), kwargs={"answers": size})
                sender.start()
            if summary.accepted > size:
                break
        if sender is not None:
            sender.join()
        return float(size)


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    found = program()
    assert found is not None
    command = [found, "--addr", "127.0.0.1", "--port", str(port), "--jetstream", "--store_dir", str(folder / "kept")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        else:
            raise BrokerError("nats-server did not start; allowed: one that does")
        yield port
    finally:
        process.terminate()
        process.wait()


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
