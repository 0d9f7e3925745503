"""A real broker for tests: mosquitto on a local port, with a folder of its own, ended by its process."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAM = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""

CONFIGURATION = """
persistence true
persistence_location {folder}/
persistence_file kept.db
autosave_interval 1
max_queued_messages 0
max_inflight_messages 0
max_inflight_bytes 0
log_dest file {folder}/broker.log
log_type error
log_type warning
log_type notice
user root
listener {port} 127.0.0.1
"""


def need_broker() -> None:
    """Skip the test where there is no broker to run."""
    if not PROGRAM:
        pytest.skip("there is no mosquitto here; install it: apt-get install mosquitto")


def free_port() -> int:
    """Return a local port that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Broker:
    """A mosquitto that keeps what it is given.

    Parameters
    ----------
    folder : of its own. more : lines of its configuration besides; without any of them everybody may connect.
    """

    def __init__(self, folder: Path, *, more: str = "allow_anonymous true\n") -> None:
        need_broker()
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, free_port()
        self.configuration = folder / "mosquitto.conf"
        self.configuration.write_text(CONFIGURATION.format(folder=folder, port=self.port) + more, encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [PROGRAM, "-c", str(self.configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("the broker does not answer")

    def stop(self) -> None:
        """End it in order, so that it writes what it keeps."""
        if self.process is not None:
            self.resume()
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def pause(self) -> None:
        """Let it stand still: its connections are half open."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def log(self) -> str:
        path = self.folder / "broker.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else "no log"


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
