"""Receivers that read no more: cut off in their time, without memory, and without harm to others."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.serve.documents import CONTEXT, document, event, events_in
from tests.serve.running import TOKEN, Running, eventually, server

SLOW, EVENTS = 6, 3_000
STREAM = "/epcis/queries/all/events?stream=true&initialRecordTime=2020-01-01T00:00:00Z"
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
}


@contextmanager
def deaf(running: Running, path: str, **headers: str) -> Iterator[socket.socket]:
    """Ask for a stream and read nothing but the begin of its head."""
    place = urlsplit(running.url)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((place.hostname, place.port))
        head = {"Host": place.netloc, "Authorization": f"Bearer {TOKEN}", **headers}
        slow.sendall(
            "\r\n".join([f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]).encode()
        )
        assert slow.recv(12) in (b"HTTP/1.1 101", b"HTTP/1.1 200")
        yield slow


def connections(running: Running) -> int:
    """Return how many sockets the server has open."""
    count = 0
    for opened in Path(f"/proc/{running.process.pid}/fd").iterdir():
        with suppress(OSError):
            count += str(opened.readlink()).startswith("socket:")
    return count


def memory(running: Running) -> int:
    """Return the bytes of memory that the server holds."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def fill(client: httpx.Client) -> None:
    """Capture events of seven megabytes in all."""
    context = [CONTEXT, {"ex": "https://example.org/"}]
    for _ in range(EVENTS // 500):
        events = [event() | {"ex:note": "x" * 2_000} for _ in range(500)]
        assert client.post("/epcis/capture", json=document(*events, context=context)).status_code == 202


def read_all(running: Running, found: list[str]) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with connect(running.url.replace("http", "ws", 1) + STREAM, additional_headers=headers, max_size=None) as reader:
        while len(found) < EVENTS:
            found += [one["epcList"][0] for one in events_in(json.loads(reader.recv(timeout=60)))]


def can_subscribe(running: Running) -> bool:
    try:
        connect(running.url.replace("http", "ws", 1) + STREAM, additional_headers={"Authorization": f"Bearer {TOKEN}"}).close()
    except InvalidStatus as refused:
        assert refused.response.status_code == 429
        return False
    return True


@pytest.mark.parametrize("path", [STREAM, "/api/v1/changes?after=0"])
def test_streams__readers_that_read_no_more_are_cut_off_and_others_are_not(tmp_path: Path, path: str) -> None:
    limits = {"streams": SLOW + 1, "send_seconds": 1.0}
    is_socket = path == STREAM
    with server(tmp_path, project="beer-game", limits=limits) as running, running.client() as client:
        assert client.post("/epcis/queries", json={"name": "all", "query": {}}).status_code == 201
        fill(client)
        found: list[str] = []
        read_all(running, [])
        before, held = connections(running), memory(running)
        with ExitStack() as slow:
            for _ in range(SLOW):
                slow.enter_context(deaf(running, path, **(UPGRADE if is_socket else {})))
            reading = threading.Thread(target=read_all, args=(running, found))
            reading.start()
            reading.join(60)
            assert len(set(found)) == EVENTS
            # Their places are free again although they neither read nor leave, and nothing is kept for them.
            eventually(lambda: connections(running) <= before, within=30)
            assert all(can_subscribe(running) for _ in range(SLOW))
            assert memory(running) - held < 60 * 2**20
