"""A real server for tests: nats-server with streams in files, on a local port, ended by its process; and who publishes to it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chaintwin.ingest.connectors.nats.streams import asked
from chaintwin.ingest.connectors.nats.wire import Delivery, Login, NotConnectedError, Wire
from tests.ingest.connectors.linked import readings
from tests.ingest.connectors.linked.servers import LocalServer

CONFIGURATION = """
listen: "127.0.0.1:{port}"
max_payload: 33554432
max_pending: 134217728
logfile: "{folder}/server.log"
jetstream {{ store_dir: "{folder}/kept", max_file_store: 4294967296, max_memory_store: 67108864 }}
"""

WINDOW = 500
"""Messages that are on their way to a stream before the first is known to be there."""


class Server(LocalServer):
    """A nats-server that keeps what it is given.

    Parameters
    ----------
    folder : of its own. more : lines of its configuration besides. login : what the tests say to be let in.
    """

    def __init__(self, folder: Path, *, more: str = "", login: Mapping[str, Any] | None = None, security: Any = None) -> None:
        super().__init__("nats-server", folder)
        self.security = security
        self.answer: Login = lambda _: login or {}
        self.configuration = folder / "nats.conf"
        self.configuration.write_text(CONFIGURATION.format(folder=folder, port=self.port) + more, encoding="utf-8")

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def words(self) -> Sequence[str]:
        return ["-c", str(self.configuration)]

    def asked(self, what: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer of the server to a request about streams."""
        wire = Wire(("127.0.0.1", self.port), self.security, login=self.answer, timeout=20.0, keep_alive=30.0)
        wire.open()
        try:
            return asked(wire, what, body=body)
        finally:
            wire.close()

    def stream(self, name: str = "PLANT", subjects: str = "plant.>", **more: Any) -> dict[str, Any]:
        """Make a stream."""
        return self.asked(f"STREAM.CREATE.{name}", {"name": name, "subjects": [subjects], "storage": "file", **more})

    def state(self, name: str = "PLANT") -> dict[str, Any]:
        """Return how a stream is."""
        state: dict[str, Any] = self.asked(f"STREAM.INFO.{name}")["state"]
        return state

    def consumers(self, name: str = "PLANT") -> list[dict[str, Any]]:
        """Return the consumers of a stream."""
        return list(self.asked(f"CONSUMER.LIST.{name}").get("consumers") or [])


@contextmanager
def server(folder: Path, **more: Any) -> Iterator[Server]:
    """A server that runs."""
    found = Server(folder, **more)
    found.start()
    try:
        yield found
    finally:
        found.kill()


Said = tuple[str, bytes] | tuple[str, bytes, Mapping[str, str]]
"""Subject, payload, and headers where there are any."""


def publish(to: Server, messages: Sequence[Said], *, prefix: str = "m", seconds: float = 120.0) -> None:
    """Publish messages, and return when the stream has acknowledged all of them; comes again where the server is away.

    Each has an id of its own, so that one whose acknowledgement was lost has no second effect.

    Parameters
    ----------
    to : a server. messages : in order. prefix : of the ids of messages. seconds : that it may take.
    """
    done, deadline = [0], time.monotonic() + seconds

    def take(delivery: Delivery) -> None:
        # A stream takes what one connection sends in its order, so that the count says which.
        assert b'"seq"' in delivery.payload, (delivery.status, delivery.payload)
        done[0] += 1

    while done[0] < len(messages):
        assert time.monotonic() < deadline, f"{done[0]} of {len(messages)} were taken: {to.log()[-2_000:]}"
        first, done_before = done[0], done[0]
        wire = Wire(("127.0.0.1", to.port), to.security, login=to.answer, timeout=3.0, keep_alive=2.0, take=take)
        try:
            wire.open()
            for number in range(first, len(messages)):
                wire.send(written(messages[number], reply=f"{wire.inbox}.x", id=f"{prefix}-{number}"))
                while number - done[0] >= WINDOW and not wire.lost:
                    time.sleep(0.001)
            while done[0] < len(messages) and not wire.lost and time.monotonic() < deadline:
                time.sleep(0.002)
        except NotConnectedError:
            pass
        finally:
            wire.close()
        if done[0] == done_before:
            time.sleep(0.1)


def written(message: Said, *, reply: str, id: str) -> bytes:
    """Return a message with its id as it is written."""
    subject, payload, *more = message
    headers = {"Nats-Msg-Id": id, **(more[0] if more else {})}
    head = ("NATS/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n").encode()
    return b"HPUB %b %b %d %d\r\n%b%b\r\n" % (
        subject.encode("utf-8", "surrogateescape"), reply.encode(), len(head), len(head) + len(payload), head, payload
    )  # fmt: skip


def warm(count: int, *, first: int = 0, size: int = 0) -> list[Said]:
    """Return so many messages, each with a time of its own."""
    return [(address.replace("/", "."), payload) for address, payload in readings.warm(count, first=first, size=size)]
