"""A case of instruments: messages of a real MQTT broker, each acknowledged when it is durable, become events of a log."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from chaintwin.bench.case import Case, Phase
from chaintwin.errors import ChaintwinError

PER_SECOND = 3_000
"""Messages a second that the project promises."""

BLOCK = 200
"""Messages that are sent in one piece."""

START_SECONDS = 20.0
"""Longest that a broker may take to start."""

_CONFIGURATION = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages 0
user root
log_dest none
"""

MAPPING = """
name = "benchmark"

[[signals]]
match = "plant/{machine}/temperature"
as = "sensor"
measures = "Temperature"
unit = "CEL"
device = "{machine}"
value = "{v}"
time = "{t}"
"""
"""What the messages of these cases mean."""


class BrokerError(ChaintwinError):
    """Raised when the broker of a benchmark does not start or does not answer."""

    code = "broker"


def ingest_mqtt() -> Case:
    """Return the case that takes messages of a broker into a log."""
    return Case(
        "ingest_mqtt",
        "Messages of MQTT 5 with QoS 1 from a mosquitto on this machine become sensor events in a new SQLite log, end to end.",
        (500, 30_000),
        "message",
        _prepare,
        _obstacle,
    )


def program() -> str | None:
    """Return the path of mosquitto, or None where it is not installed; servers often lie outside the usual path."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")


def _obstacle() -> str:
    if program() is None:
        return "there is no mosquitto here; install it: apt install mosquitto, dnf install mosquitto, or brew install mosquitto"
    return ""


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    mapping = folder / "signals.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    blocks = list(_blocks(size))
    numbers = count()

    def run() -> float:
        return _taken(size, blocks, folder=folder / f"run{next(numbers)}", mapping=mapping)

    return (Phase("broker to log", run, "message", limit_seconds=size / PER_SECOND),)


def _taken(size: int, blocks: list[bytes], *, folder: Path, mapping: Path) -> float:
    """Send messages while they are taken, and return how many were."""
    from chaintwin.clock import SystemClock
    from chaintwin.ingest.connectors.capturing_aside import shared_capture
    from chaintwin.ingest.connectors.mqtt.mqtt import Mqtt
    from chaintwin.ingest.connectors.running import Ingest
    from chaintwin.store.opening import open_store

    folder.mkdir()
    with _broker(folder) as port, open_store(folder / "log.db") as store, shared_capture() as capture:
        source = f"mqtt://127.0.0.1:{port}/plant/#"
        ingest = Ingest(Mqtt(), source, store, capture, SystemClock(), time.sleep, {"mapping": str(mapping)})
        sender: threading.Thread | None = None
        for summary in ingest.run(follow=True):
            if sender is None and summary.accepted:
                # The first event says that the source is there, so the subscription stands.
                sender = threading.Thread(target=_send, args=(port, blocks))
                sender.start()
            if summary.accepted > size:
                break
        if sender is not None:
            sender.join()
        return float(size)


@contextmanager
def _broker(folder: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    configuration = folder / "mosquitto.conf"
    configuration.write_text(_CONFIGURATION.format(port=port), encoding="utf-8")
    found = program()
    assert found is not None
    process = subprocess.Popen([found, "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        else:
            raise BrokerError("mosquitto did not start; allowed: one that does")
        yield port
    finally:
        process.terminate()
        process.wait()


def _blocks(size: int) -> Iterator[bytes]:
    """Yield packets as they stand on the wire, so that sending them takes next to nothing of what is measured."""
    out = bytearray()
    for number in range(size):
        topic = b"plant/m%d/temperature" % (number % 50)
        payload = b'{"v":%.3f,"t":%d}' % (20 + number / 7, 1_767_225_600_000 + number)
        body = struct.pack(">H", len(topic)) + topic + struct.pack(">H", number % 65_535 + 1) + payload
        out += bytes([0x32, len(body)]) + body
        if number % BLOCK == BLOCK - 1:
            yield bytes(out)
            out.clear()
    yield bytes(out)


def _send(port: int, blocks: list[bytes]) -> None:
    """Send packets with QoS 1 and read their acknowledgements."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(b"\x10\x11\x00\x04MQTT\x04\x02\x00\x00\x00\x05bench")
        waiting = 4
        for block in blocks:
            link.sendall(block)
        waiting += 4 * sum([block.count(b"/temperature") for block in blocks])
        while waiting > 0:
            content = link.recv(2**16)
            if not content:
                raise BrokerError("mosquitto closed the connection of the sender; allowed: until all is acknowledged")
            waiting -= len(content)
