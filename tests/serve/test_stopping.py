"""A server that is told to stop: what began is finished, or cut off at the second Ctrl-C, and nothing but that is said."""

from __future__ import annotations

import signal
import socket
import sqlite3
import time
from pathlib import Path

from chaintwin.bench.live.happenings import happenings_network
from tests.serve.commanded import Served, serving
from tests.serve.running import TOKEN

CUT_OFF_SECONDS = 10.0
"""Far less than the 30 s that a request may take to end when the server is told to stop once."""


def opened(served: Served, *lines: str) -> socket.socket:
    """Return a connection on which the head of a request was sent."""
    connection = socket.create_connection(served.place)
    head = (*lines, f"Host: {served.place[0]}:{served.place[1]}", f"Authorization: Bearer {TOKEN}", "", "")
    connection.sendall("\r\n".join(head).encode())
    return connection


def test_serve__a_second_interrupt_cuts_off_who_waits(tmp_path: Path) -> None:
    with serving(tmp_path / "server", happenings_network(), workers=1) as served:
        with (
            opened(served, "POST /epcis/capture HTTP/1.1", "Content-Type: application/json", "Content-Length: 10000"),
            opened(
                served,
                "GET /epcis/queries/none/events HTTP/1.1",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            ) as refused,
        ):
            assert refused.recv(100).startswith(b"HTTP/1.1 404")
            served.process.send_signal(signal.SIGINT)
            time.sleep(1.0)
            assert served.process.poll() is None
            began = time.monotonic()
            served.process.send_signal(signal.SIGINT)
            assert served.process.wait(60) == 0
            assert time.monotonic() - began < CUT_OFF_SECONDS
        assert served.said == ""
        # The log was closed in good form: nothing waits in a file beside it.
        assert not served.log.with_name("log.db-wal").exists()
        with sqlite3.connect(served.log) as log:
            assert log.execute("PRAGMA integrity_check").fetchone() == ("ok",)
