"""Senders of an hour of events to a broker or a stream, who keep what they cannot hand over, and hasty ones who do not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.ingest.connectors.mqtt.brokers import Broker
from tests.ingest.connectors.nats.servers import Server, publish
from tests.ingest.connectors.sources import event

MAPPING = 'name = "events"\n\n[[signals]]\nmatch = "#"\nas = "epcis"\n'

PIECE = 100
"""Events that a sender hands over at once."""


def payload(number: int) -> bytes:
    """Return an event of the hour, two a second."""
    found = event(number // 2)
    found.pop("ex:note")
    found["eventTime"] = found["eventTime"].replace(".000Z", ".500Z" if number % 2 else ".000Z")
    found["epcList"] = [f"urn:epc:id:sgtin:4012345.011111.{number}"]
    return json.dumps(found).encode()


class Post(Protocol):
    """A broker that runs, as these tests need it."""

    source: str
    options: Mapping[str, str]

    def away(self, how: str) -> None:
        """Let it be gone."""

    def back(self, how: str) -> None:
        """Let it be there again."""

    def say(self, numbers: range, *, is_kept: bool) -> None:
        """Send events; who keeps them comes back with them until they are taken."""


class MqttPost:
    """A mosquitto."""

    def __init__(self, folder: Path) -> None:
        self.broker = Broker(folder / "broker")
        self.broker.start()
        self.source, self.options = f"{self.broker.url}/plant/#", dict[str, str]()

    def away(self, how: str) -> None:
        self.broker.pause() if how == "half open" else self.broker.stop()

    def back(self, how: str) -> None:
        self.broker.resume() if how == "half open" else self.broker.start()

    def say(self, numbers: range, *, is_kept: bool) -> None:
        from paho.mqtt.client import Client, MQTTv5
        from paho.mqtt.enums import CallbackAPIVersion

        client = Client(CallbackAPIVersion.VERSION2, client_id=f"sender{numbers.start}", protocol=MQTTv5)
        client.reconnect_delay_set(0.1, 0.3)  # type: ignore[arg-type]
        client.max_inflight_messages_set(0)
        # What is said without a connection is kept too, and told as a fault all the same; so what is counted is what arrived.
        arrived: list[int] = []
        client.on_publish = lambda *told: arrived.append(told[2])
        client.connect_async("127.0.0.1", self.broker.port, keepalive=5)
        client.loop_start()
        for number in numbers:
            client.publish("plant/events", payload(number), qos=1 if is_kept else 0)
            if number % PIECE == 0:
                time.sleep(0.01)
        deadline = time.monotonic() + 170
        while is_kept and len(arrived) < len(numbers):
            assert time.monotonic() < deadline, "the sender keeps events"
            time.sleep(0.05)
        client.disconnect()
        client.loop_stop()

    def close(self) -> None:
        self.broker.stop()


class NatsPost:
    """A nats-server with one stream."""

    def __init__(self, folder: Path, *, retention: str) -> None:
        self.server = Server(folder / "server")
        self.server.start()
        self.server.stream(retention=retention)
        self.source, self.options = f"{self.server.url}/PLANT", dict[str, str]()

    def away(self, how: str) -> None:
        self.server.pause() if how == "half open" else self.server.kill()

    def back(self, how: str) -> None:
        self.server.resume() if how == "half open" else self.server.start()

    def say(self, numbers: range, *, is_kept: bool) -> None:
        from chaintwin.ingest.connectors.nats.wire import NotConnectedError, Wire

        if is_kept:
            publish(
                self.server, [("plant.events", payload(number)) for number in numbers], prefix=str(numbers.start), seconds=170.0
            )
            return
        wire = None
        for number in numbers:
            try:
                if wire is None or wire.lost:
                    wire = Wire(("127.0.0.1", self.server.port), None, login=lambda _: {}, timeout=0.5, keep_alive=1.0)
                    wire.open()
                wire.publish("plant.events", payload(number))
            except NotConnectedError:
                wire = None
                time.sleep(0.002)
        if wire is not None:
            wire.close()

    def close(self) -> None:
        self.server.kill()


@contextmanager
def post(kind: str, folder: Path) -> Iterator[Any]:
    """A broker of a kind that runs.

    Parameters
    ----------
    kind : mqtt, or nats with a retention behind it. folder : of its own.
    """
    name, _, retention = kind.partition(" ")
    found: Any = MqttPost(folder) if name == "mqtt" else NatsPost(folder, retention=retention)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def meanwhile(*steps: Any) -> Iterator[threading.Thread]:
    """Do steps one after the other in a thread, and insist that they came to their end."""
    faults: list[BaseException] = []

    def work() -> None:
        try:
            for step in steps:
                step()
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    yield thread
    thread.join(170)
    assert not faults, faults
