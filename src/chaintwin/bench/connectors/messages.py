"""A case of instruments: messages of a real MQTT broker, each acknowledged when it is durable, become events of a log."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.connectors.brokers import BLOCK, BrokerError, free_port, phase_of, program, running, take

NAME = "mosquitto"

_CONFIGURATION = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages 0
user root
log_dest none
"""


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


def _obstacle() -> str:
    if program(NAME) is None:
        return "there is no mosquitto here; install it: apt install mosquitto, dnf install mosquitto, or brew install mosquitto"
    return ""


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    blocks = list(_blocks(size))

    def taken(inside: Path, mapping: Path) -> None:
        from chaintwin.ingest.connectors.mqtt.mqtt import Mqtt

        port, found = free_port(), program(NAME)
        assert found is not None
        configuration = inside / "mosquitto.conf"
        configuration.write_text(_CONFIGURATION.format(port=port), encoding="utf-8")
        with running([found, "-c", str(configuration)], port=port):
            source, send = f"mqtt://127.0.0.1:{port}/plant/#", partial(_send, port, blocks)
            take(Mqtt(), source, log=inside / "log.db", mapping=mapping, size=size, send=send)

    return phase_of("broker to log", size, folder=folder, taken=taken)


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
