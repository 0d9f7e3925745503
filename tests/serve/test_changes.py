"""The state over HTTP: health, state, changes that can be resumed, proofs."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import Message

from chaintwin.events.capturing import capture
from chaintwin.examples import Example, load
from chaintwin.serve.live.changes import KEPT, ChangeStream, Told
from chaintwin.serve.live.growth import Growth
from chaintwin.serve.threads import Threads
from chaintwin.store.opening import open_store
from chaintwin.twin import Change, Twin
from chaintwin.twin.cells import FAMILIES
from tests.serve.documents import document, event
from tests.serve.running import TOKEN, Running, eventually, server

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def read_changes(client: httpx.Client, count: int, **headers: str) -> list[tuple[int, dict[str, Any]]]:
    """Return (id, data) of so many changes."""
    found: list[tuple[int, dict[str, Any]]] = []
    number = 0
    with client.stream("GET", "/api/v1/changes", headers=headers, timeout=30) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                found.append((number, json.loads(line[6:])))
                if len(found) == count:
                    break
    return found


def send(client: httpx.Client, count: int) -> None:
    assert client.post("/epcis/capture", json=document(*[event() for _ in range(count)])).status_code == 202


def test_changes__are_numbered_and_resumed(client: httpx.Client) -> None:
    send(client, 5)
    head = client.get("/api/v1/health").json()["log"]["sequence"]
    found = read_changes(client, 4, **{"Last-Event-ID": str(head - 4)})
    assert [number for number, _ in found] == list(range(head - 3, head + 1))
    assert all(data["sequence"] == number and data["event"].startswith("ni:///") for number, data in found)
    again = read_changes(client, 2, **{"Last-Event-ID": str(head - 2)})
    assert again == found[2:]


def test_changes__and_states_name_their_values_and_tell_times_in_one_way(client: httpx.Client) -> None:
    send(client, 2)
    head = client.get("/api/v1/health").json()["log"]["sequence"]
    (_, change), *_ = read_changes(client, 1, **{"Last-Event-ID": str(head - 1)})
    assert change["cells"]
    for cell in change["cells"]:
        # What was taken away has no values behind, what is new none before.
        values = cell["after"] or cell["before"]
        assert ISO.fullmatch(values["time"])
        assert set(values) == {*FAMILIES[cell["path"].split("/")[0]][1], "time", "source"}
    state = client.get("/api/v1/state").json()
    assert ISO.fullmatch(state["summary"]["time"])
    assert ISO.fullmatch(state["summary"]["latest"])
    assert isinstance(state["summary"]["ageSeconds"], float)
    for table in state["tables"]:
        for row in client.get("/api/v1/state", params={"table": table, "perPage": 1}).json()["rows"]:
            assert ISO.fullmatch(row["time"])
            assert "age" not in row
            assert isinstance(row["ageSeconds"], float)
    found = [cell["path"] for cell in change["cells"] if cell["after"] is not None]
    part = client.get("/api/v1/state", params={"path": found[0]}).json()["reported"]
    assert ISO.fullmatch(part["at"])
    assert part["ageSeconds"] < 1e9


def test_changes__of_now_come_as_they_happen(running: Running, client: httpx.Client) -> None:
    head = client.get("/api/v1/health").json()["log"]["sequence"]
    found: list[tuple[int, dict[str, Any]]] = []

    def listen() -> None:
        with running.client() as other:
            found.extend(read_changes(other, 3, **{"Last-Event-ID": str(head)}))

    listening = threading.Thread(target=listen)
    listening.start()
    for _ in range(3):
        send(client, 1)
    listening.join(60)
    assert [number for number, _ in found] == [head + 1, head + 2, head + 3]


def test_changes__a_reader_that_reads_no_more_is_cut_off_and_loses_nothing(tmp_path: Path) -> None:
    limits = {"streams": 1, "send_seconds": 1.0}
    with server(tmp_path, project="beer-game", limits=limits) as running, running.client() as client:
        place = urlsplit(running.url)
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect((place.hostname, place.port))
            head = ("GET /api/v1/changes HTTP/1.1", f"Host: {place.netloc}", f"Authorization: Bearer {TOKEN}", "Last-Event-ID: 0")
            slow.sendall("\r\n".join([*head, "", ""]).encode())
            assert slow.recv(64).startswith(b"HTTP/1.1 200")
            assert client.get("/api/v1/changes").status_code == 429
            for _ in range(8):
                send(client, 1_000)
            # Its place is free again although it neither reads nor leaves.
            eventually(lambda: is_open(client))
        total = client.get("/api/v1/health").json()["log"]["sequence"]
        assert total == 8_000
        found = read_changes(client, 1_000, **{"Last-Event-ID": "7000"})
        assert [number for number, _ in found] == list(range(7_001, 8_001))


def is_open(client: httpx.Client) -> bool:
    """Tell whether changes can be followed."""
    with client.stream("GET", "/api/v1/changes") as answer:
        return answer.status_code == 200


def test_changes__that_cannot_be_read_end_as_what_is_not_whole_and_are_written_down(tmp_path: Path) -> None:
    with server(tmp_path, project="beer-game", blind=True) as running, running.client() as client:
        send(client, 3)
        eventually(lambda: client.get("/api/v1/health").json()["state"]["behind"] == 0)
        (tmp_path / "blind").touch()
        with pytest.raises(httpx.RemoteProtocolError):
            read_changes(client, 1, **{"Last-Event-ID": "0"})
        told = (tmp_path / "server.log").read_text()
        assert "GET /api/v1/changes failed" in told
        assert "the log cannot be read" in told
        (tmp_path / "blind").unlink()
        assert [number for number, _ in read_changes(client, 3, **{"Last-Event-ID": "0"})] == [1, 2, 3]


def test_told__is_made_once_for_all_who_follow_and_never_of_another_change() -> None:
    told = Told()
    followed = [
        Change(number, f"key {number}", number, (("stock", ("a", "b", "", ""), None, (1.0, 0, None, 5, "s")),))
        for number in (1, 2)
    ]
    first = told.events(followed, is_kept=True)
    assert all(one is other for one, other in zip(told.events(followed, is_kept=True), first, strict=True))
    # The same entry told together with one before it is another change; what one reader alone is told is not kept.
    together = Change(2, "key 2", 2, followed[1].touched, entries=2)
    alone = told.events([together], is_kept=False)
    assert b'"entries":2' in alone[0]
    assert told.events(followed, is_kept=True)[1] is first[1]
    assert told.events([together], is_kept=True) == alone
    assert told.events(followed, is_kept=True) == first
    for number in range(3, 3 * KEPT):
        told.events([Change(number, "key", number)], is_kept=True)
    assert len(told._kept) == KEPT


def test_changes__are_made_where_nobody_waits_for_the_loop(tmp_path: Path) -> None:
    made: list[str] = []

    class Seen(Told):
        def events(self, changes: Sequence[Change], *, is_kept: bool) -> list[bytes]:
            made.append(threading.current_thread().name)
            return super().events(changes, is_kept=is_kept)

    async def follow(twin: Twin) -> bytes:
        threads, content = Threads(), b""
        stream = ChangeStream(twin, growth=Growth(twin.head), threads=threads, told=Seen(), after=0, patience=30.0)
        has_all = asyncio.Event()

        async def receive() -> Message:
            await has_all.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            nonlocal content
            content += message.get("body", b"")
            if b"id: 3\n" in content:
                has_all.set()

        await asyncio.wait_for(stream({"type": "http"}, receive, send), 60)
        threads.close()
        return content

    with open_store(tmp_path / "log.db") as store:
        store.append(capture(document(*[event() for _ in range(3)])).records, received_at=1)
        content = asyncio.run(follow(Twin.open(load(Example.BEER_GAME), store=store)))
    assert content.count(b"event: change") == 3
    assert made
    assert all(name.startswith("reading") for name in made)


def test_changes__wrong_ids(client: httpx.Client) -> None:
    for wrong in ("x", "-1", "9" * 30):
        assert client.get("/api/v1/changes", headers={"Last-Event-ID": wrong}).status_code == 400


def test_changes__streams_are_counted_and_end_with_the_server(tmp_path: Path) -> None:
    with server(tmp_path, project="beer-game", limits={"streams": 2}) as running:
        with (
            running.client() as client,
            client.stream("GET", "/api/v1/changes") as first,
            client.stream("GET", "/api/v1/changes"),
        ):
            refused = client.get("/api/v1/changes")
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) > 0
            running.process.terminate()
            assert running.process.wait(30) == 0
            assert b"".join(first.iter_raw()).startswith(b"retry:")


def test_health__tells_how_far_log_and_state_go(client: httpx.Client) -> None:
    send(client, 1)

    def same() -> Any:
        found = client.get("/api/v1/health").json()
        return found if found["state"]["behind"] == 0 else None

    health = eventually(same)
    assert health["status"] == "running"
    assert health["log"]["writable"]
    assert len(health["log"]["root"]) == len(health["state"]["hash"]) == 64
    assert 0 <= health["log"]["ageSeconds"] < 600
    assert client.get("/api/v1/state").json()["hash"] == health["state"]["hash"]


def test_state__as_of_and_in_tables(client: httpx.Client) -> None:
    at = {"at": "2026-03-01T00:00:10Z"}
    one = client.get("/api/v1/state", params=at).json()
    assert one["time"] == "2026-03-01T00:00:10.000Z"
    assert client.get("/api/v1/state", params=at).json()["hash"] == one["hash"]
    for table in one["tables"]:
        rows = client.get("/api/v1/state", params=at | {"table": table, "perPage": 1}).json()
        assert rows["count"] == one["tables"][table]
    assert client.get("/api/v1/state", params={"table": "nothing"}).status_code == 400
    assert client.get("/api/v1/state", params={"path": "stock/nowhere/nothing"}).status_code == 404
    assert client.get("/api/v1/state", params={"at": "noon"}).status_code == 400
    unknown = client.get("/api/v1/state", params={"knwon": "2026-01-31T09:30:00Z"})
    assert unknown.status_code == 400
    assert "did you mean known?" in unknown.json()["detail"]
    for path in ("/api/v1/discrepancies", "/api/v1/changes", "/api/v1/proofs/1"):
        assert client.get(path, params={"nothing": 1}).status_code == 400
    assert client.get("/api/v1/discrepancies").json()["count"] >= 0


def test_proofs__lead_to_the_root(client: httpx.Client) -> None:
    send(client, 3)
    head = client.get("/api/v1/health").json()["log"]
    proof = client.get(f"/api/v1/proofs/{head['sequence'] - 1}", params={"size": head["sequence"]}).json()
    assert root_of(proof) == proof["root"] == head["root"]
    assert client.get("/api/v1/proofs/0").status_code == 404
    assert client.get(f"/api/v1/proofs/{head['sequence']}", params={"size": 1}).status_code == 400


def root_of(proof: dict[str, Any]) -> str:
    """Return the root that an inclusion path leads to (RFC 9162, section 2.1.3.2)."""
    position, last = proof["sequence"] - 1, proof["size"] - 1
    node = bytes.fromhex(proof["leaf"])
    for sibling in map(bytes.fromhex, proof["path"]):
        if position % 2 or position == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while position and not position % 2:
                position, last = position >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        position, last = position >> 1, last >> 1
    return node.hex()
