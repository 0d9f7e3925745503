"""Malformed input of all kinds: never an error of the server, never slow, never growing."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaintwin.events.queries.parameters import fixed_parameters
from tests.serve.documents import document, event
from tests.serve.running import Running, server
from tests.sizes import scaled

SECONDS = 2.0
ODD: list[Any] = [
    *(None, True, 0, -1, 1e308, 10**30, "", " ", "\x00", "\ud800", "a" * 3000, "ä", "urn:", "http://", "::", "%", "{}", "../.."),
    *(
        [],
        {},
        [[]],
        {"": ""},
        [None],
        {"@context": 1},
        "0000-00-00T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
        "2026-02-30T00:00:00Z",
    ),
]


def mutated(chance: random.Random) -> bytes:
    """Return the bytes of a document with a few faults."""
    made: Any = document(event(chance.randrange(10**6)), event(chance.randrange(10**6)))
    for _ in range(chance.randrange(3)):
        place = made
        while True:
            key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
            child = place[key]
            if isinstance(child, dict | list) and child and chance.random() < 0.8:
                place = child
                continue
            if chance.random() < 0.3:
                place[chance.choice(["new", "ct:x", "@context", "epcList"]) if isinstance(place, dict) else key] = chance.choice(
                    ODD
                )
            else:
                place[key] = chance.choice(ODD)
            break
        if not made:
            break
    content = bytearray(json.dumps(made).encode())
    for _ in range(chance.randrange(3)):
        at = chance.randrange(len(content) + 1)
        content[at : at + chance.randrange(4)] = bytes(chance.randrange(256) for _ in range(chance.randrange(4)))
    if chance.random() < 0.1:
        content = content[: chance.randrange(len(content) + 1)]
    return bytes(content)


def asked(chance: random.Random) -> dict[str, Any]:
    """Return parameters of a query, most of them wrong."""
    names = [*fixed_parameters(), "orderBy", "eventCountLimit", "perPage", "nextPageToken", "EQ_a:b", "EQ_INNER_ct:x", "x"]
    return {
        chance.choice(names): str(chance.choice(ODD)).encode("utf-8", "replace").decode()[:500]
        for _ in range(chance.randrange(1, 4))
    }


def ask(client: httpx.Client, chance: random.Random) -> httpx.Response:
    kind = chance.random()
    headers = {"Content-Type": chance.choice(["application/json", "application/xml", "application/ld+json", "text/xml", "x"])}
    if chance.random() < 0.2:
        name = chance.choice(["Accept", "GS1-EPCIS-Version", "GS1-Extensions", "GS1-EPC-Format", "GS1-Capture-Error-Behaviour"])
        headers[name] = chance.choice(["", "x", "2.0", "a=b", "proceed", "*/*;q=9", "1." * 50])
    if kind < 0.5:
        path = chance.choice(["/epcis/capture", "/epcis/events"])
        return client.post(path, content=mutated(chance), headers=headers)
    if kind < 0.8:
        trees = [
            "/epcis/events",
            "/epcis/epcs/urn:x:y/events",
            "/epcis/bizSteps/shipping/events",
            "/epcis/epcs",
            "/epcis/capture",
        ]
        return client.get(chance.choice(trees), params=asked(chance), headers=headers)
    if kind < 0.9:
        bodies: list[Any] = [
            {"name": chance.choice(ODD), "query": asked(chance)},
            {"name": "a", "query": {"EQ_action": chance.choice(ODD)}},
        ]
        content = json.dumps(chance.choice(bodies)).encode()
        return client.post("/epcis/queries", content=content, headers={"Content-Type": "application/json"})
    path = "/" + "".join(chance.choice("/aepcis%.:{}~0é") for _ in range(chance.randrange(20)))
    return client.request(chance.choice(["GET", "POST", "PUT", "OPTIONS", "DELETE"]), path)


@pytest.mark.slow
def test_fuzz__is_refused_quickly_and_costs_no_memory(tmp_path: Path) -> None:
    chance = random.Random(7)
    count = scaled(ci=2_000, full=1_000_000)
    slow: list[tuple[float, str]] = []
    with server(tmp_path, workers=0) as running, running.client() as client:
        memory = 0
        for number in range(count):
            began = time.monotonic()
            try:
                answer = ask(client, chance)
            except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError):
                continue
            took = time.monotonic() - began
            assert answer.status_code < 500, (number, answer.request, answer.text)
            if answer.status_code >= 400 and answer.headers.get("content-type") != "application/problem+json":
                # What is no HTTP at all is refused before any route sees it.
                assert answer.status_code == 400, (number, answer.request, answer.text)
            if took > SECONDS:
                slow.append((took, str(answer.request.url)))
            if number == count // 2:
                memory = resident(running)
        assert not slow
        assert resident(running) <= memory * 1.05 + 4e6


def resident(running: Running) -> float:
    """Return the memory of a server, bytes."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return 1024.0 * int(status.split("VmRSS:")[1].split()[0])
