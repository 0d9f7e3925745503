"""A real broker for tests: mosquitto on a local port, with a folder of its own, ended by its process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.ingest.connectors.linked.servers import LocalServer

CONFIGURATION = """
persistence true
persistence_location {folder}/
persistence_file kept.db
autosave_interval 1
max_queued_messages 0
max_inflight_messages 0
max_inflight_bytes 0
log_dest file {folder}/server.log
log_type error
log_type warning
log_type notice
user root
listener {port} 127.0.0.1
"""


class Broker(LocalServer):
    """A mosquitto that keeps what it is given.

    Parameters
    ----------
    folder : of its own. more : lines of its configuration besides; without any of them everybody may connect.
    """

    def __init__(self, folder: Path, *, more: str = "allow_anonymous true\n") -> None:
        super().__init__("mosquitto", folder)
        self.configuration = folder / "mosquitto.conf"
        self.configuration.write_text(CONFIGURATION.format(folder=folder, port=self.port) + more, encoding="utf-8")

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def words(self) -> Sequence[str]:
        return ["-c", str(self.configuration)]


@contextmanager
def broker(folder: Path, *, more: str = "allow_anonymous true\n") -> Iterator[Broker]:
    """A broker that runs."""
    found = Broker(folder, more=more)
    found.start()
    try:
        yield found
    finally:
        found.stop()


def publish(port: int, messages: Sequence[tuple[str, bytes]], *, client_id: str = "instrument", retain: bool = False) -> None:
    """Publish messages with QoS 1, and return when the broker has acknowledged all of them; connects again where it breaks."""
    from paho.mqtt.client import Client, MQTTv5
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5)
    client.reconnect_delay_set(0.05, 0.2)  # type: ignore[arg-type]
    client.connect("127.0.0.1", port)
    client.loop_start()
    waiting: list[Any] = [client.publish(topic, payload, qos=1, retain=retain) for topic, payload in messages]
    deadline = time.monotonic() + 120
    while not all(one.is_published() for one in waiting) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert all(one.is_published() for one in waiting)
    client.disconnect()
    client.loop_stop()
