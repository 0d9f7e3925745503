"""Malformed input: never anything but a report, and never slow."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.errors import ChaintwinError
from chaintwin.events.capturing import Captured, capture
from chaintwin.events.facts import unpacked
from chaintwin.events.rendering import document_of, event_of
from tests.events.documents import document, logged, manifest, object_event
from tests.events.strategies import events, spoiled
from tests.shared_data import shared_path
from tests.sizes import scaled

SECONDS_MAX = 2.0
TRIES = 3
EXAMPLES = settings(max_examples=scaled(ci=300, full=20_000))


def captured_in_time(body: Any, **ways: Any) -> None:
    """Capture something, and whatever is taken must be usable."""
    captured, took = capture_timed(body, **ways)
    # Processors that others use beside take longer for the same; what is slow is slow each time.
    for _ in range(TRIES):
        if took < SECONDS_MAX:
            break
        captured, took = capture_timed(body, **ways)
    assert took < SECONDS_MAX
    assert captured.ok == (not any(problem.refuses for problem in captured.all_problems))
    for record in captured.records:
        unpacked(record.facts)
        for term in record.terms:
            term.encode()
    if captured.records:
        json.dumps(document_of([event_of(logged(record)) for record in captured.records]))
    for problem in captured.all_problems:
        str(problem).encode()


def capture_timed(body: Any, **ways: Any) -> tuple[Captured, float]:
    """Capture something; return that and how many seconds of a processor it took."""
    before = time.process_time()
    captured = capture(body, **ways)
    return captured, time.process_time() - before


@given(events(), st.data())
@EXAMPLES
def test_capture__spoiled_events(event: dict[str, Any], data: st.DataObject) -> None:
    captured_in_time(data.draw(spoiled(document(event))))


@given(st.sampled_from(["ct:OrderPlaced", "ct:PersonSeen", "ct:PlanSet", "ct:VehicleSeen", "example:Own"]), events(), st.data())
@EXAMPLES
def test_capture__spoiled_events_of_other_types(kind: str, event: dict[str, Any], data: st.DataObject) -> None:
    own = {"ct:person": "a", "ct:present": True, "ct:path": "x", "ct:value": {"a": [1]}, "ct:kind": "desired", "ct:order": "o"}
    captured_in_time(data.draw(spoiled([{**event, **own, "type": kind}])))


def test_capture__bodies_with_random_bytes() -> None:
    chance = random.Random(7)
    plain = json.dumps(document(object_event(), object_event(**{"example:a": {"example:b": [1, "x"]}}))).encode()
    for _ in range(scaled(ci=2_000, full=300_000)):
        body = bytearray(plain)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(body))
            way = chance.randrange(4)
            if way == 0:
                body[place] = chance.randrange(256)
            elif way == 1:
                del body[place : place + chance.randint(1, 40)]
            elif way == 2:
                body[place:place] = chance.choice([b"{", b"[", b'"', b"\\", b"\x00", b",", b"e9", b"\xff", b"null", b"-"])
            else:
                body = body[:place] + body[place:] * 2 if chance.random() < 0.1 else body[:place]
            if not body:
                body = bytearray(b" ")
        captured_in_time(bytes(body))


def test_capture__published_xml_with_random_bytes() -> None:
    shared_path("epcis/MANIFEST.json")
    names = [name for name in manifest() if name.endswith(".xml") and "2.0/XML/Capture" in name]
    bodies = [shared_path(f"epcis/{name}").read_bytes() for name in names]
    chance = random.Random(8)
    for _ in range(scaled(ci=200, full=20_000)):
        body = bytearray(chance.choice(bodies))
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(body))
            body[place : place + chance.randint(0, 3)] = bytes(chance.randrange(256) for _ in range(chance.randint(0, 3)))
        captured_in_time(bytes(body), media_type="application/xml")


DEEP = 60


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 50_000,
        b'{"type":"EPCISDocument","epcisBody":{"eventList":[' + b"1," * 50_000 + b"1]}}",
        b'{"type":"EPCISDocument","epcisBody":{"eventList":[' + b"{}," * 20_000 + b"{}]}}",
        json.dumps(document(object_event(epcList=["urn:x:1"] * 50_000))).encode(),
        json.dumps(document(object_event(epcList=["x"] * 50_000))).encode(),
        json.dumps(document(object_event(**{f"x{number}": 1 for number in range(20_000)}))).encode(),
        json.dumps(document(object_event(**{"example:a": "9" * 1_000_000}))).encode(),
        json.dumps(document(object_event(**{"example:a": 10**4_000}))).encode(),
        json.dumps(document(object_event(**{"example:a": [[[["x"] * 10] * 10] * 10] * 10}))).encode(),
        json.dumps(document(object_event(epcList=["urn:" + "a:" * 200_000]))).encode(),
        json.dumps(document(object_event(epcList=["https://a.example/" + "01/" * 200_000]))).encode(),
        json.dumps(document(object_event(**{"@context": {f"p{number}": "urn:x:" for number in range(50_000)}}))).encode(),
        b'{"x":"' + b"\\u0022" * 300_000 + b'"}',
        b"[" + b'{"a":1,"a":2},' * 20_000 + b"{}]",
        b"9" * 2_000_000,
        b'["' + b"[" * 2_000_000 + b'"]',
    ],
    ids=lambda body: body[:12].decode(),
)
def test_capture__large_and_deep(body: bytes) -> None:
    captured_in_time(body)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**500, "\ud800", {"a": "\udfff"}, {1: 2}, (1,), object()])
def test_capture__python_that_no_json_has(value: Any) -> None:
    event = object_event(**{"example:a": value})
    try:
        captured = capture(document(event))
    except ChaintwinError:
        return
    assert not captured.ok or captured.records
