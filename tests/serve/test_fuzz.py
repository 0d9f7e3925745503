"""Malformed input of all kinds: never an error of the server, never slow, never growing, and nothing spoiled by it."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice, pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from chaintwin.events.capturing import capture
from chaintwin.examples import Example, load
from tests.serve.commanded import Served, serving
from tests.serve.documents import document, event
from tests.serve.malforming.requests import Malformed, Sent, valid_bodies
from tests.serve.malforming.talking import Found, slow_by_themselves, talk
from tests.serve.running import eventually
from tests.sizes import scaled

SECONDS = 2.0
"""No answer may take longer; beside other tests, none that is asked for again by itself."""

GROWTH = 0.05
"""Memory may grow by this share from the second part to the last: before, caches and lists with a limit fill."""

JUMP = scaled(ci=24_000_000, full=0)
"""Bytes that memory may grow by once besides, where little is sent: a thread that had nothing to do before takes its own."""

PARTS = 5
"""After each of them memory is measured."""

QUERY = {"name": "known", "query": {"EQ_action": ["OBSERVE"]}}


@pytest.mark.parametrize(("kind", "body"), valid_bodies())
def test_valid_bodies__are_taken_before_they_are_spoiled(kind: bytes, body: bytes) -> None:
    assert capture(body, media_type=kind.decode()).ok


@pytest.mark.slow
def test_fuzz__is_refused_quickly_costs_no_memory_and_spoils_nothing(tmp_path: Path) -> None:
    count, is_alone = scaled(ci=6_000, full=1_000_000), scaled(ci=0, full=1)
    network = load(Example.BEER_GAME)
    requests = Malformed(7).some(count)
    found = Found()
    with (
        serving(tmp_path / "alone", network, workers=0) as alone,
        serving(tmp_path / "shared", network, workers=1) as shared,
    ):
        servers = (alone, shared)
        for one in servers:
            with one.client() as client:
                assert client.post("/epcis/queries", json=QUERY).status_code == 201
        places = [one.place for one in servers]
        memory: list[list[int]] = [[] for _ in servers]
        began = time.monotonic()
        for _ in range(PARTS):
            talk(places, islice(requests, count // PARTS), found=found)
            for sizes, one in zip(memory, servers, strict=True):
                sizes.append(one.resident())
        print(report(found, memory=memory), f"it took {time.monotonic() - began:.1f} s")
        assert not found.failed
        assert not found.unanswered
        assert found.count == count
        assert not slow_by_themselves(places, found, seconds=SECONDS)
        if is_alone:
            assert max(found.slowest)[0] < SECONDS, max(found.slowest)
        assert all(map(is_flat, memory)), memory
        for number, one in enumerate(servers):
            with serving(tmp_path / f"untouched {number}", network, workers=0) as untouched:
                assert same_state(one, untouched) > 0
    assert [one.said for one in servers] == ["", ""]


@pytest.mark.parametrize(
    ("sizes", "jump", "is_so"),
    [
        ([180, 200, 202, 203, 203], 0, True),
        ([200, 200, 201, 219, 220], 24, True),
        ([200, 200, 201, 219, 220], 0, False),
        ([200, 204, 208, 212, 216], 0, False),
        ([200, 208, 216, 224, 232], 5, False),
        ([200, 201, 241, 241, 241], 24, False),
    ],
    ids=["flat", "one jump", "no jump", "a leak", "a leak beside a jump", "one leap"],
)
def test_is_flat__finds_a_leak(sizes: list[int], jump: int, *, is_so: bool) -> None:
    assert is_flat(sizes, jump=jump) == is_so


@pytest.mark.parametrize(("naps", "is_slow"), [([0.4] * 9, True), ([0.4, 0.0, 0.0, 0.0], False)], ids=["each time", "once"])
def test_slow_by_themselves__finds_what_is_slow_each_time(naps: list[float], *, is_slow: bool) -> None:
    naps = naps.copy()

    class Napping(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(naps.pop(0))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    found = Found()
    request = Sent("a nap", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), Napping) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        places = [("127.0.0.1", server.server_port)]
        talk(places, iter([request]), found=found)
        slow = slow_by_themselves(places, found, seconds=0.3)
        server.shutdown()
    assert [kind for _, kind, _ in slow] == ["a nap"] * is_slow


def is_flat(sizes: list[int], *, jump: int = JUMP) -> bool:
    """Tell whether memory stayed from the second part on: all its growth is small, but for one jump."""
    kept = sizes[1:]
    step = max(late - early for early, late in pairwise(kept))
    return kept[-1] - kept[0] - min(max(step, 0), jump) <= GROWTH * kept[0]


def report(found: Found, *, memory: list[list[int]]) -> str:
    """Return what was measured, in words and numbers."""
    told = "; ".join(", ".join(f"{size / 1e6:.1f}" for size in sizes) for sizes in memory)
    slowest = max(found.slowest)
    return f"""
{found.count} requests; statuses {found.by_status()}
the slowest took {slowest[0]:.2f} s ({slowest[2].kind}); memory of each server by parts, MB: {told}
"""


def same_state(spoiled: Served, untouched: Served) -> int:
    """Check that a server takes a document, and that one that took but the same has the same state; return how many events."""
    with spoiled.client() as client, untouched.client() as other:
        assert client.post("/epcis/capture", json=document(event(86_400))).status_code == 202
        taken = 0
        address: str | None = "/epcis/events?perPage=500"
        while address is not None:
            page = client.get(address, headers={"GS1-EPC-Format": "Never_Translates"})
            assert page.status_code == 200
            events = page.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
            taken += len(events)
            answer = other.post("/epcis/capture", content=page.content, headers={"Content-Type": "application/json"})
            assert answer.status_code == 202, answer.text
            address = page.links["next"]["url"] if "next" in page.links else None
        hashes = [state_hash(one) for one in (client, other)]
        assert hashes[0] == hashes[1]
        return taken


def state_hash(client: httpx.Client) -> Any:
    """Return the hash of the state after all of the log."""

    def applied() -> Any:
        health = client.get("/api/v1/health").json()
        return health["state"]["hash"] if health["state"]["behind"] == 0 else None

    return eventually(applied)
